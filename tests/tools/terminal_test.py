"""What the program shows on a terminal: help, explanations, and the line that moves while it trains.

    python3 tests/tools/terminal_test.py PROGRAM
"""

import re
import unittest

from command import PROGRAM, TINY, CommandTest, on_terminal, run, tasks


def commands(*args):
    return re.findall(r"^  (\w+)", run(*args).stdout.split("Subcommands:")[1], re.M)


class Terminal(CommandTest):
    def test_a_terminal_gets_one_line_that_moves(self):
        status, shown = on_terminal("train", "copy", *TINY, "--out", self.folder / "run", columns=80)
        self.assertEqual(status, 0)
        self.assertIn("\r", shown)
        self.assertIn("tokens/s", shown)

    def test_explanations_fit_80_columns(self):
        topics = commands("explain", "--help")
        self.assertGreater(len(topics), 4)
        for topic in [*topics, "scan --length 16"]:
            result = run("explain", *topic.split())
            self.assertEqual(result.returncode, 0, result.stderr)
            for line in result.stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_help_everywhere_fits_80_columns(self):
        todo, seen = [([], "--help")], 0
        while todo:
            args, flag = todo.pop()
            result = run(*args, flag)
            self.assertEqual(result.returncode, 0)
            self.assertIn("Usage:", result.stdout)
            self.assertNotIn("{false}", result.stdout)
            for line in result.stdout.splitlines():
                self.assertLessEqual(len(line), 80, f"{args}: {line}")
            found = re.search(r"\nSubcommands:\n((?:  .*\n)+)", result.stdout)
            for name in re.findall(r"^  (\w+)", found[1], re.M) if found else []:
                todo += [([*args, name], "--help"), ([*args, name], "--help-all")]
            seen += 1
        self.assertGreater(seen, 30)

    def test_help_shows_first_what_people_use_first(self):
        """About twelve options, in groups, and an example; --help-all shows all of them in the same groups."""
        flags = lambda text: set(re.findall(r"^  (?:-h,)?(--[\w-]+)", text, re.M))
        groups = lambda text: re.findall(r"^(\w.*):$", text, re.M)
        for task in tasks():
            with self.subTest(task):
                short, whole = run("train", task, "--help").stdout, run("train", task, "--help-all").stdout
                self.assertIn(len(flags(short)), range(10, 16), short)
                self.assertEqual(groups(short), ["Options", "Data", "Network", "Training"])
                self.assertEqual(short.splitlines()[-1], "--help-all shows all options")
                self.assertGreater(len(flags(whole)), 30)
                self.assertLess(flags(short), flags(whole))
                self.assertEqual(groups(whole)[:3], ["Options", "Data", "Network"])
                self.assertNotIn("--help-all", whole)
                self.assertNotIn("later", whole)
        self.assertIn("--seed", run("train", "copy", "--help").stdout)

    def test_every_command_has_an_example_with_options_that_it_has(self):
        lines = [["--help"], *([name, "--help"] for name in commands("--help"))]
        lines += [[name, each, "--help"] for name in ("train", "bench") for each in commands(name, "--help")]
        for line in lines:
            shown = run(*line).stdout
            example = re.search(r"^example: scangrad (.*)\n(?:--help-all shows all options\n)?\Z", shown, re.M)
            with self.subTest(line):
                self.assertTrue(example or line[-2] in ("limits", "generate", "ragged"), shown)
            for option in re.findall(r"--[\w-]+", example[1]) if example else []:
                words = [word for word in example[1].split()[:2] if re.fullmatch(r"[a-z]+", word)]
                self.assertIn(option, run(*words, "--help-all").stdout + run("--help").stdout)

    def test_help_is_as_wide_as_the_terminal(self):
        for columns in (50, 120):
            status, text = on_terminal("train", "text", "--help", columns=columns)
            self.assertEqual(status, 0)
            widest = max(len(line) for line in text.splitlines())
            self.assertTrue(columns - 10 < widest <= columns, widest)


if __name__ == "__main__":
    unittest.main(verbosity=1)
