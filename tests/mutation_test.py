"""Puts the errors of tests/mutations.txt into the code, one at a time. The tests must fail for each of them.

    python3 tests/mutation_test.py            all errors: about 15 minutes
    python3 tests/mutation_test.py scan.cpp   the errors with this word in their file name or description

The script works on a copy in build-mutations, with the tests in double precision. For each error it runs the tests of the
unit, and if they pass all other tests. If it was stopped, the next call continues with the remaining errors, as long as
no source file has changed. The last line is a summary such as "47 of 47 errors noticed". The exit status is 1 if an error
was not noticed.

An error may cause an endless loop. Therefore the tests may take at most five times as long as without the error, or 30
seconds if that is more. Then they are stopped and run again without the error. If they now take less than half of the
limit, the error counts as noticed; otherwise the machine may just be busy. These errors are counted separately, and the
next call tries them again.
"""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
PLACE = PROJECT / "build-mutations"
TREE, BUILD, RESULTS = PLACE / "tree", PLACE / "build", PLACE / "results.json"
FOLDERS = ("core", "ops", "nn", "models", "tools", "tests")
TIMES, FLOOR = 5, 30  # the limit of a run: TIMES as long as without the error, but at least FLOOR seconds


class Mutation:
    def __init__(self, text):
        head, self.old, self.new = [line.strip() for line in text.strip().splitlines()]
        self.file, unit, self.sentence = re.fullmatch(r"(\S+)(?: \[(\S+)\])?: (.+)", head).groups()
        self.unit = unit or self.file.rsplit(".", 1)[0]
        assert self.old.startswith("- ") and self.new.startswith("+ "), head
        self.old, self.new = self.old[2:], self.new[2:]

    def __str__(self):
        return f"{self.file}: {self.sentence}"


def mutations(root):
    text = re.sub(r"^#.*\n", "", (root / "tests/mutations.txt").read_text(), flags=re.M)
    return [Mutation(block) for block in re.split(r"\n\s*\n", text) if block.strip()]


def sources():
    files = [path for folder in FOLDERS for path in sorted((PROJECT / folder).rglob("*")) if path.is_file()]
    return [path.relative_to(PROJECT) for path in [*files, *PROJECT.glob("meson*")] if "__pycache__" not in path.parts]


def digest():
    """A hash of all files that influence the result, except the list of errors."""
    names = [name for name in sources() if name.suffix != ".py" and name.name != "mutations.txt"]
    return hashlib.sha256(b"".join(str(name).encode() + (PROJECT / name).read_bytes() for name in names)).hexdigest()


def copy_tree():
    """Updates the copy. Unchanged files keep their time stamps, so that they are not compiled again."""
    wanted = sources()
    for path in [path for path in TREE.rglob("*") if path.is_file()]:
        if path.relative_to(TREE) not in wanted:
            path.unlink()
    for name in wanted:
        to = TREE / name
        if not to.is_file() or to.read_bytes() != (PROJECT / name).read_bytes():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, to)


def build():
    run = subprocess.run(["ninja", "-C", BUILD, "tests/tests-double"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"the tests cannot be built\n{run.stdout}{run.stderr}")


def failing(*options, longest=None):
    """The first test case that fails, or the exit status; None if all tests pass."""
    run = subprocess.run([BUILD / "tests/tests-double", "--no-colors", *options], capture_output=True, text=True,
                         errors="replace", check=False, timeout=longest)
    if run.returncode == 0:
        return None
    case = re.search(r"^TEST CASE: *(.*)", run.stdout, re.M)
    return case[1].strip() if case else f"exit status {run.returncode}"


def usual_seconds():
    """The seconds that the tests of each unit take without any error."""
    seconds = {}
    for path in sorted((TREE / "tests").rglob("*_test.cpp")):
        unit, start = str(path.relative_to(TREE / "tests")).removesuffix("_test.cpp"), time.monotonic()
        if failed := failing(f"--source-file=*/tests/{unit}_test.cpp"):
            sys.exit(f"the tests fail even without an error: {failed}")
        seconds[unit] = time.monotonic() - start
    return seconds


def noticed(mutation, usual):
    """The test that fails because of the error, or None. Raises TimeoutExpired if the tests take too long."""
    path = TREE / mutation.file
    right = path.read_text()
    unit = f"--source-file=*/{mutation.unit}_test.cpp"
    others = [unit.replace("--source-file=", "--source-file-exclude="), "--abort-after=1"]
    try:
        path.write_text(right.replace(mutation.old, mutation.new))
        build()
        return (failing(unit, longest=max(FLOOR, TIMES * usual[mutation.unit])) or
                failing(*others, longest=max(FLOOR, TIMES * sum(usual.values()))))
    finally:
        path.write_text(right)


def has_end_without_error(ended):
    build()
    try:
        failing(*ended.cmd[2:], longest=ended.timeout / 2)
        return True
    except subprocess.TimeoutExpired:
        return False


def main():
    words = sys.argv[1:]
    if set(words) & {"-h", "--help"}:
        print(__doc__.strip())
        return 0
    todo = [each for each in mutations(PROJECT) if not words or any(word in str(each) for word in words)]
    done = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    now = digest()
    if done.get("sources") != now:
        done = {"sources": now}
    copy_tree()
    if not (BUILD / "build.ninja").is_file():
        subprocess.run(["meson", "setup", BUILD, TREE, "-Doptimization=1", "-Ddebug=false", "-Dtools=disabled"], check=True,
                       stdout=subprocess.DEVNULL)
    if "usual" not in done:
        build()
        done["usual"] = usual_seconds()
        RESULTS.write_text(json.dumps(done, indent=1))
    missed = endless = 0
    for mutation in todo:
        unnoticed = "NOT NOTICED"
        key, start = f"{mutation} | {mutation.new}", time.monotonic()
        try:
            if key not in done:
                done[key] = noticed(mutation, done["usual"])
                RESULTS.write_text(json.dumps(done, indent=1))
            result = done[key]
        except subprocess.TimeoutExpired as ended:
            has_end = has_end_without_error(ended)
            result = f"the tests did not end within {ended.timeout:.0f} s" if has_end else None
            unnoticed = unnoticed if has_end else "NOT NOTICED: the tests were stopped, but the machine may be too busy"
            endless += has_end
        print(f"{mutation} ({time.monotonic() - start:.0f} s)\n    {result or unnoticed}", flush=True)
        missed += result is None
    by_no_end = f", {endless} of them because the tests did not end" if endless else ""
    print(f"{len(todo) - missed} of {len(todo)} errors noticed{by_no_end}")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; the next call continues with the remaining errors")
