#!/usr/bin/env python3
"""The README shows what programs really print: every block with output that takes less than ten seconds is run.

    readme_test.py PROGRAM [PACKAGE]      # the scangrad program; the folder of the Python package, if it was built
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

README = (pathlib.Path(__file__).resolve().parent.parent / "README.md").read_text()
SLOW = ("tools/quickstart.sh",)


def masked(line):
    """A line without what differs from run to run: times and the width of gaps."""
    return " ".join(re.sub(r"\d+:\d\d\b|\b[\d.]+ (ms|s)\b", "TIME", line).split())


class Blocks(unittest.TestCase):
    def check(self, shown, printed, what):
        """The shown lines are among the printed ones, in the same order."""
        rest = iter([masked(line) for line in printed.splitlines()])
        for line in shown:
            self.assertTrue(masked(line) in rest, f"{what} does not print, or not here: {line}\n{printed}")

    def test_commands(self):
        blocks = re.findall(r"^    \$ (.*)\n((?:    (?!\$).+\n)+)", README, re.M)
        run = [(line, shown) for line, shown in blocks if not line.startswith(SLOW)]
        self.assertGreater(len(run), 0)
        for line, shown in run:
            program, *arguments = line.split()
            self.assertEqual(program, "build/scangrad")
            result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.check(shown.splitlines(), result.stdout, line)

    def test_python(self):
        blocks = re.findall(r"^```python\n(.*?)^```\n\n((?:    [^\n]+\n)+)", README, re.M | re.S)
        self.assertGreater(len(blocks), 0)
        for code, shown in blocks:
            result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
                                    env={**os.environ, "PYTHONPATH": PACKAGE})
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stdout.split(), shown.split())


if __name__ == "__main__":
    PROGRAM, PACKAGE = sys.argv[1], (sys.argv + [None])[2]
    if PACKAGE is None:
        del Blocks.test_python
    del sys.argv[1:]
    unittest.main()
