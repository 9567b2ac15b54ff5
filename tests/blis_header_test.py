#!/usr/bin/env python3
"""The build finds the header of BLIS where BLIS itself installs it, blis/blis.h, and not only where Debian has it.

    blis_header_test.py      # needs BLIS in a folder that the compiler searches by itself

The compiler gets a copy of its folders, made of links, without any header of BLIS. The real one is then put elsewhere.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CXX, MESON = os.environ.get("CXX", "g++"), os.environ.get("MESON", "meson")
KERNELS = "core_kernels_gemm.cpp.o"  # the object file of the one source that includes the header


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def compiler(*options):
    command = [*CXX.split(), *options, "-x", "c++", "-", "-o", "/dev/null"]
    return run(*command, input="#include <blis.h>\n", check=True).stderr


def searched():
    """The folders in which the compiler looks for headers."""
    listed = compiler("-v", "-E").split("#include <...> search starts here:\n")[1].split("End of search list.")[0]
    return [pathlib.Path(line.strip()) for line in listed.splitlines()]


def header():
    """The path of the real header."""
    read = compiler("-M", "-MF", "/dev/stderr", "-E").split()
    return next(pathlib.Path(word) for word in read if word.endswith("/blis.h"))


class Header(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.flags = ["-nostdinc"]
        for number, original in enumerate(searched()):
            copy = self.folder / str(number)
            copy.mkdir()
            for entry in original.iterdir():
                if not entry.name.startswith("blis"):
                    (copy / entry.name).symlink_to(entry)
            self.flags.append(f"-isystem {copy}")
        self.other = self.folder / "other/include/blis"
        self.other.mkdir(parents=True)

    def configure(self, *flags, **environment):
        options = ["-Dtools=disabled", "-Dtests=disabled", "-Dnative=false"]
        return run(MESON, "setup", *options, self.folder / "build", ROOT, check=False,
                   env={**os.environ, "CPPFLAGS": " ".join([*self.flags, *flags]), **environment})

    def compiles(self):
        """The kernels call BLIS."""
        build = self.folder / "build"
        targets = run("ninja", "-C", build, "-t", "targets", "all", check=True).stdout
        target = next(line.split(":")[0] for line in targets.splitlines() if f"/{KERNELS}:" in line)
        built = run("ninja", "-C", build, target, check=False)
        self.assertEqual(built.returncode, 0, built.stdout)
        self.assertIn("bli_sgemm", run("nm", "-u", build / target, check=True).stdout)

    def test_in_its_own_folder(self):
        result = self.configure()
        self.assertEqual(result.returncode, 1)
        self.assertIn("neither blis.h nor blis/blis.h; configure again with CPPFLAGS=-IFOLDER", result.stdout)
        shutil.rmtree(self.folder / "build")
        shutil.copy(header(), self.other)
        result = self.configure(f"-isystem {self.other.parent}")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.compiles()

    def test_named_by_pkg_config(self):
        shutil.copy(header(), self.other)
        (self.folder / "blis.pc").write_text("Name: BLIS\nDescription: a copy\nVersion: 0.9.0\n"
                                             f"Cflags: -I{self.other}\nLibs: -lblis\n")
        result = self.configure(PKG_CONFIG_PATH=str(self.folder))
        self.assertEqual(result.returncode, 0, result.stdout)
        self.compiles()


if __name__ == "__main__":
    unittest.main()
