#!/usr/bin/env python3
"""The program behind `scangrad check bptt`: every claim holds, and the README shows what it prints.

    claims_test.py CHECK_BPTT
"""

import pathlib
import re
import subprocess
import sys
import unittest

README = (pathlib.Path(__file__).resolve().parent.parent.parent / "README.md").read_text()


def words(line):
    return " ".join(line.split())


class Claims(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        result = subprocess.run([PROGRAM], capture_output=True, text=True, check=False, timeout=1000)
        assert result.returncode == 0, result.stdout + result.stderr
        cls.printed = result.stdout

    def test_every_claim_holds(self):
        self.assertTrue(self.printed.endswith("\neverything holds\n"), self.printed)
        scans = self.printed.count("one layer of ")  # three claims about each of them, and seven others
        self.assertGreaterEqual(scans, 2)
        self.assertEqual(self.printed.count("  holds   "), 3 * scans + 7)

    def test_the_readme_shows_lines_of_it_in_their_order(self):
        block, = re.findall(r"^    \$ build/scangrad check bptt\n((?:    .+\n)+)", README, re.M)
        rest = iter([words(line) for line in self.printed.splitlines()])
        for line in block.splitlines():
            self.assertTrue(words(line) in rest, f"not printed, or not here: {line}\n{self.printed}")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
