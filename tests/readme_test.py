#!/usr/bin/env python3
"""The README shows what its Python example really prints. Its other blocks: tools/claims_test.py, and scripts/quickstart_test.py.

    readme_test.py PACKAGE      # the folder of the Python package
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

README = (pathlib.Path(__file__).resolve().parent.parent / "README.md").read_text()


class Blocks(unittest.TestCase):
    def test_python(self):
        blocks = re.findall(r"^```python\n(.*?)^```\n\n((?:    [^\n]+\n)+)", README, re.M | re.S)
        self.assertGreater(len(blocks), 0)
        for code, shown in blocks:
            result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
                                    env={**os.environ, "PYTHONPATH": PACKAGE})
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stdout.split(), shown.split())


if __name__ == "__main__":
    PACKAGE = sys.argv.pop(1)
    unittest.main()
