"""What the program shows on a terminal: help, explanations, and the line that moves while it trains.

    python3 tests/tools/terminal_test.py PROGRAM
"""

import os
import pty
import re
import subprocess
import termios
import unittest

from command import PROGRAM, TINY, CommandTest, run


class Terminal(CommandTest):
    def test_a_terminal_gets_one_line_that_moves(self):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, "train", "copy", *TINY, "--out", self.folder / "run"], stdout=theirs)
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other end was closed
                break
            if not part:
                break
            shown += part
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        self.assertIn(b"\r", shown.replace(b"\r\n", b"\n"))
        self.assertIn(b"tokens/s", shown)

    def test_explanations_fit_80_columns(self):
        topics = re.findall(r"^  (\w+)", run("explain", "--help").stdout.split("Subcommands:")[1], re.M)
        self.assertGreater(len(topics), 4)
        for topic in [*topics, "scan --length 16"]:
            result = run("explain", *topic.split())
            self.assertEqual(result.returncode, 0, result.stderr)
            for line in result.stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_help_everywhere_fits_80_columns(self):
        todo, seen = [[]], 0
        while todo:
            args = todo.pop()
            result = run(*args, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn("Usage:", result.stdout)
            self.assertNotIn("{false}", result.stdout)
            for line in result.stdout.splitlines():
                self.assertLessEqual(len(line), 80, f"{args}: {line}")
            commands = re.search(r"\nSubcommands:\n((?:  .*\n)+)", result.stdout)
            todo += [[*args, name] for name in re.findall(r"^  (\w+)", commands[1], re.M)] if commands else []
            seen += 1
        self.assertGreater(seen, 30)

    def test_help_is_as_wide_as_the_terminal(self):
        for columns in (50, 120):
            ours, theirs = pty.openpty()
            termios.tcsetwinsize(theirs, (24, columns))
            process = subprocess.Popen([PROGRAM, "train", "text", "--help"], stdout=theirs)
            os.close(theirs)
            text = b""
            try:
                while part := os.read(ours, 65536):
                    text += part
            except OSError:  # the other end was closed
                pass
            os.close(ours)
            self.assertEqual(process.wait(), 0)
            widest = max(len(line) for line in text.decode().splitlines())
            self.assertTrue(columns - 10 < widest <= columns, widest)


if __name__ == "__main__":
    unittest.main(verbosity=1)
