"""What the tests of the scripts in tools/ share: a Debian machine without any packages. Its apt-get, sudo, compiler and
Meson are stand-ins that record how they are called. Nothing is installed and nothing is built.
"""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]

# Programs that every Debian has. PATH holds no others during the tests.
ESSENTIAL = ("awk basename bash cat chmod cp date dirname env find grep head id mkdir mktemp mv nice nproc rm sed sha256sum sh sort "
             "tail tee uniq wc xargs").split()

# The packages that the program needs.
PROGRAM = ("g++ meson ninja-build pkg-config libblis-dev libblis-openmp-dev libfmt-dev nlohmann-json3-dev libcli11-dev "
           "gnuplot-nox")

# The stand-ins. `note` records the call.
STAND_INS = {
    "g++": "cat >/dev/null",  # every header and library exists
    "clang++-14": "cat >/dev/null",
    "aarch64-linux-gnu-g++": "",
    "qemu-aarch64": "",
    "ninja": "",
    "pkg-config": "",
    "gnuplot": "",
    "shellcheck": "",
    "cmake": "",
    "gcovr": "note; echo 'lines: 97.1% (9710 out of 10000)'",
    "python3": "",  # with PyTorch
    "ctags": "echo 'Universal Ctags 5.9.0'",
    "clang-format-14": "echo 'Debian clang-format version 14.0.6'; cat $world/unformatted 2>/dev/null && exit 1; true",
    "meson": """
case $1 in
  --version) echo 1.0.1 ;;
  setup) note; mkdir -p "$2"; echo >"$2/build.ninja" ;;
  compile)
    note
    cat $world/compiler 2>/dev/null && exit 1
    cp $world/scangrad "$3/scangrad" ;;
  test)
    note
    mkdir -p "$3/meson-logs"
    cp $world/record "$3/meson-logs/testlog.json" && ! grep -q FAIL $world/record ;;
esac""",
    "apt-get": """
note
case "$*" in
  *update) exit 100 ;;  # a package source that does not answer
  *install*) cat $world/refusal 2>/dev/null && exit 100; cp $world/packages/* $world/bin/ ;;
esac""",
    "sudo": 'note; "$@"',
    "id": "cat $world/user",
}
TRAINING = """#!/usr/bin/env bash
echo "$@" >>$world/calls
echo 'test accuracy 99.7 %'
mkdir -p "$6" && echo >"$6/curve.png"
"""


class World:
    """A clone of the project on such a machine; `there` names the programs that are installed."""

    def __init__(self, folder, there=()):
        self.folder = pathlib.Path(folder).resolve()
        self.clone = self.folder / "a clone"
        shutil.copytree(PROJECT / "tools", self.clone / "tools")
        for layer in ("core", "ops", "nn", "models", "tests"):
            (self.clone / layer).mkdir()
        for name in ("core/shape.h", "meson.build", "meson_options.txt"):
            (self.clone / name).touch()
        (self.folder / "bin").mkdir()
        (self.folder / "packages").mkdir()
        for name in ESSENTIAL:
            (self.folder / "bin" / name).symlink_to(shutil.which(name))
        for name in STAND_INS.keys() - {"apt-get", "sudo", "id"}:
            self.program(f"packages/{name}")
            if name in there:
                self.program(f"bin/{name}")
        self.write("os-release", "ID=ubuntu\nID_LIKE=debian\n")
        self.write("user", "0\n")
        self.write("scangrad", TRAINING.replace("$world", str(self.folder))).chmod(0o755)
        self.write("record", '{"name": "a", "result": "OK"}\n{"name": "b", "result": "OK"}\n')
        self.write("calls", "")

    def write(self, name, text):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        return path

    def program(self, name, text=None):
        body = STAND_INS[pathlib.Path(name).name] if text is None else text
        note = 'call="${0##*/} $*"; note() { echo "$call" >>$world/calls; }'
        self.write(name, f"#!/usr/bin/env bash\nworld={self.folder}\n{note}\n{body}\n").chmod(0o755)

    def run(self, script, *options, **environment):
        ours = {"PATH": f"{self.folder}/bin", "TMPDIR": self.folder, "SCANGRAD_OS_RELEASE": f"{self.folder}/os-release"}
        return subprocess.run([self.clone / "tools" / script, *options], cwd=self.folder, env=ours | environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)

    def calls(self):
        """The calls of the stand-ins since the last call of this function."""
        lines = (self.folder / "calls").read_text().replace(str(self.folder), "").splitlines()
        self.write("calls", "")
        return lines


class ScriptTest(unittest.TestCase):
    def world(self, there=()):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return World(folder.name, there)

    def ready(self):
        return self.world(there=STAND_INS)

    def says(self, result, line):
        """The script fails with one line, and prints nothing else."""
        self.assertEqual((result.returncode, result.stdout, result.stderr), (1, "", line + "\n"))
