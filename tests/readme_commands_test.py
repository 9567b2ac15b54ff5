#!/usr/bin/env python3
"""Every command that a README shows exists, and so do its options and their values. No command is run: the program
parses the line and then stops, because an option that does not exist follows. readme_test.py runs blocks with output.

    readme_commands_test.py PROGRAM OWN_MIXER      # the second has the mixer that nn/README.md adds
"""

import pathlib
import re
import shlex
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "structure"))
import tree
from tree import PROJECT

READMES = [PROJECT / path for path in tree.files(PROJECT) if path.suffix == ".md"]
SCRIPT = r"tools/[\w/-]+\.sh"
PASSES_ON = {"tools/study.sh": ["train", "copy"]}  # a script whose further options are those of a command
STANDS_FOR = {"NAME": "copy", "A,B": "mingru,gru"}  # what a reader replaces, and something that the program accepts
OF_OTHERS = {"--learning-rate"}  # options of other programs that a README names
STOP = "--no-such-option"


def run(*words):
    return subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)


def help_of(*command):
    """All options of a command: --help-all where the program has it, because --help may print the common ones only."""
    for option in ("--help-all", "--help"):
        result = run(PROGRAM, *command, option)
        if result.returncode == 0:
            return result.stdout
    raise AssertionError(f"{command} has no help: {result.stderr}")


def subcommands(*command):
    return re.findall(r"^  (\w+) ", "".join(help_of(*command).split("Subcommands:")[1:]), re.M)


def options(*command):
    """The options of a command and of all commands below it."""
    own = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", help_of(*command)))
    return own.union(*(options(*command, each) for each in subcommands(*command)))


def command_of(words):
    """The words that name the command: ["train", "copy"] of train copy --preset t256."""
    command = []
    while len(command) < len(words) and words[len(command)] in subcommands(*command):
        command.append(words[len(command)])
    return command


def options_of_mixers():
    names = re.search(r"what mixes over time \(([^)]*)\)", " ".join(help_of("train", "copy").split()))[1].split(", ")
    return set().union(*(options("train", "copy", "--mixer", name) for name in names))


def split(line):
    """The words of a command without its comment and the variables before it; none if it is no command."""
    try:
        words = shlex.split(re.sub(r"(^|\s)#.*| {3,}.*", "", line))
    except ValueError:  # a quotation mark without its second one: a sentence
        return []
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    return words


def as_command(line):
    """["scangrad" or a script, its words...] for the line of a block; none if it is another program's."""
    words = split(line)
    if words and re.fullmatch(r"(build[\w-]*/)?scangrad", words[0]):
        return ["scangrad", *words[1:]]
    return words if words and re.fullmatch(SCRIPT, words[0]) else []


def of_table(rows, commands):
    """The commands of a table with a column such as "command: `build/scangrad bench ...`"."""
    for column, cell in enumerate(rows[0].split("|")):
        start = re.search(r"`build/scangrad(.*?)(?: \.\.\.)?`", cell)
        if not start:
            continue
        before = []
        for row in rows[2:]:
            for code in re.findall(r"`([^`]+)`", row.split("|")[column]):
                words = split(code)
                before = before + words[1:] if words[0] == "..." else ["scangrad", *start[1].split(), *words]
                commands.append(before)


def default_of(option, text):
    """The value that help shows for an option, as in "--lr FLOAT=0.003"; empty if there is no such option."""
    found = re.search(rf"{option} [A-Z]+=(\S+)", text)
    return found[1] if found else ""


def defaults_of_table(rows):
    """(task, option, value) for each cell of a table with columns such as `train copy` and rows such as `--lr`."""
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    for column, head in enumerate(cells[0]):
        if task := re.fullmatch(r"`train (\w+)`", head):
            for row in cells[2:]:
                yield task[1], row[0].strip("`"), row[column]


def shown(text):
    """All commands of the program and of the scripts in a README, and options that stand alone: [words...]."""
    commands = []
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for line in re.findall(r"^ {4}(?:\$ )?(.*)$", text, re.M):
        commands += map(as_command, line.split(" && "))
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        of_table(table.splitlines(), commands)
    for code in re.findall(r"`([^`]+)`", text):
        words = split(code)
        is_command = len(words) > 1 and words[0] in subcommands() and re.match(r"[\w-]", words[1])
        if is_command or words and words[0].startswith("--"):
            commands.append(["scangrad", *words])
        commands.append(as_command(code))
    return [words for words in commands if words]


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scripts = "".join((PROJECT / each).read_text() for each in sorted(PROJECT.glob("tools/**/*.sh")))
        cls.known = OF_OTHERS | options() | options_of_mixers() | set(re.findall(r"(?<![\w-])--[a-z][\w-]*", scripts))

    def wrong(self, words):
        """What is wrong with a command; empty if nothing is."""
        program, *words = words
        if program != "scangrad":
            script = PROJECT / program
            if not script.is_file():
                return f"{program} does not exist"
            if program in PASSES_ON:
                return self.wrong(["scangrad", *PASSES_ON[program], *words[1:]])
            given, known = [word for word in words if word[0] == "-"], run(script, "--help").stdout.split()
            return ", ".join(f"{program} has no option {word}" for word in given if word not in known)
        if words and words[0].startswith("--"):
            alone = [word.split("=")[0] for word in words if word.startswith("--")]
            return ", ".join(f"no command has the option {word}" for word in alone if word not in self.known)
        words = [STANDS_FOR.get(word, word) for word in words if word != "..."]
        if "--resume" in words:  # it would read the options of a run that is not there
            at = words.index("--resume")
            words[at:at + 2] = ["copy"] if words[:at] == ["train"] else []  # the run names its task
        if words and words[-1].startswith("--"):  # the sentence around it says something about its value
            *words, last = words
            command = command_of(words)
            if last not in options(*command):
                return f"{' '.join(command)} has no option {last}"
        if "toy" not in words and (values := run(PROGRAM, *words, "--help")).returncode != 0:
            return values.stderr
        stopped = run(OWN_MIXER if "toy" in words else PROGRAM, *words, STOP).stderr
        return "" if f"'{STOP}'" in stopped else stopped

    def test_of_every_readme_exist(self):
        count = 0
        for readme in READMES:
            for words in shown(readme.read_text()):
                count += 1
                with self.subTest(readme=str(readme.relative_to(PROJECT)), command=" ".join(words)):
                    self.assertEqual(self.wrong(words), "")
        self.assertGreater(count, 60)

    def test_values_of_tables_are_the_defaults(self):
        count = 0
        for readme in READMES:
            for table in re.findall(r"(?:^\|.*\n)+", readme.read_text(), re.M):
                for task, option, value in defaults_of_table(table.splitlines()):
                    count += 1
                    with self.subTest(readme=str(readme.relative_to(PROJECT)), task=task, option=option):
                        self.assertEqual(value, default_of(option, help_of("train", task)))
        self.assertGreater(count, 60)

    def test_that_do_not_exist_are_found(self):
        table = "| | command: `build/scangrad bench ...` |\n|---|---|\n| a | `layer 8 8 8` |\n| b | `... --fast` |\n"
        for text, line in [
            ("    build/scangrad bench scan 8 8 8 --top-k", "bench scan has no option --top-k"),
            ("    build/scangrad fry copy      # why not\n", "unknown argument 'fry'"),
            ("    cd a && build/scangrad train copy --step 3\n", "unknown option '--step'"),
            ("    $ A=1 scangrad train copy --preset none\n", "none"),
            ("Then `build-test/scangrad eval RUN --made-up 3`", "unknown option '--made-up'"),
            ("Then `train copy --mixer mingru --heads 3`.", "--heads is no option of mixer mingru"),
            ("`train copy --mixer mingrue`", "mingrue"),
            ("With `--made-up 3` it is fast.", "no command has the option --made-up"),
            (table, "bench layer has no option --fast"),
            ("    tools/test.sh --fast\n", "tools/test.sh has no option --fast"),
            ("    tools/tests.sh\n", "tools/tests.sh does not exist"),
            ("`tools/study.sh layers --step 3`", "unknown option '--step'"),
        ]:
            found = [self.wrong(words) for words in shown(text)]
            self.assertEqual(len([each for each in found if line in each]), 1, f"{text}: {found}")


if __name__ == "__main__":
    PROGRAM, OWN_MIXER = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    del sys.argv[1:]
    unittest.main()
