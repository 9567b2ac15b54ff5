#!/usr/bin/env python3
"""Programs outside of the source tree that embed scangrad: installed, by pkg-config and by CMake, and as a subproject.

    embed_test.py BUILD [CLASS]      # a build folder; Embedded, BothPrecisions (for -Dprecision=both), or Subproject
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MESON = os.environ.get("MESON", "meson")
CC, CXX = os.environ.get("CC", "cc"), os.environ.get("CXX", "g++")
C99 = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}:\n{result.stdout}"
    return result.stdout


class Projects(unittest.TestCase):
    """Copies of the project in tests/embed, in a temporary folder."""

    maxDiff = None
    libraries = None  # folder of the installed libraries

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def project(self, name):
        return pathlib.Path(shutil.copytree(ROOT / "tests" / "embed", self.folder / name))

    def says_it_learned(self, program):
        said = run(program, env={**os.environ, **({"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {})})
        self.assertLess(float(re.findall(r"^loss (\S+)$", said, re.M)[-1]), 0.1)
        return said


class Installed(Projects):
    """Projects that use the installed library."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run(MESON, "install", "--no-rebuild", "--quiet", "-C", BUILD, "--destdir", cls.folder / "root")
        pc_file, = (cls.folder / "root").rglob("scangrad.pc")
        cls.libraries = pc_file.parent.parent
        cls.prefix = next(parent for parent in pc_file.parents if (parent / "include").exists())

    def flags(self, *of):
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.libraries / "pkgconfig")}
        return run("pkg-config", f"--define-variable=prefix={self.prefix}", *of, env=env).split()

    def declared(self, library):
        """What <scangrad/c.h> declares, a line each."""
        text = run(CC, *C99, "-E", "-P", "-x", "c", *self.flags("--cflags", library), "-", input="#include <scangrad/c.h>")
        statements = re.findall(r"[^;{}]+(?:\{[^}]*\})?[^;{}]*;", text)
        return [" ".join(each.split()) for each in statements if "scangrad" in each.lower()]

    def exported(self, library):
        """The C functions that a library shows."""
        return set(re.findall(r" T (scangrad_\w+)$", run("nm", "-D", self.libraries / f"lib{library}.so"), re.M))

    def promised(self):
        """Who changes or removes a line of c_abi.txt breaks programs that exist: then the soname changes too."""
        return (ROOT / "tests" / "c_abi.txt").read_text()


class Embedded(Installed):
    """In float."""

    def test_pkg_config(self):
        here = self.project("pkg-config")
        run(CXX, "-std=c++20", "-O2", here / "main.cpp", here / "train.cpp", *self.flags("--cflags", "--libs", "scangrad"),
            "-o", here / "embed")
        self.says_it_learned(here / "embed")

    def test_the_program_in_a_readme(self):
        program, = re.findall(r"^    (#include <scangrad/scangrad.h>\n.*?^    })$", (ROOT / "tools/examples/README.md").read_text(), re.M | re.S)
        source = self.folder / "example.cpp"
        source.write_text(program)
        run(CXX, "-std=c++20", "-O2", source, *self.flags("--cflags", "--libs", "scangrad"), "-o", self.folder / "example")
        self.says_it_learned(self.folder / "example")

    def test_a_mixer_of_its_own(self):
        program = self.folder / "own_mixer"
        run(CXX, "-std=c++20", "-O2", "-Wall", "-Wextra", "-Werror", ROOT / "tools/examples/own_mixer.cpp",
            *self.flags("--cflags", "--libs", "scangrad"), "-o", program)
        self.assertIn("mixer average, rate -2.0", self.says_it_learned(program))

    def test_pkg_config_from_c(self):
        here = self.project("c-pkg-config")
        run(CC, *C99, here / "main.c", *self.flags("--cflags", "--libs", "scangrad"), "-o", here / "embed")
        self.says_it_learned(here / "embed")

    def test_cmake_from_c_alone(self):
        here = self.project("c-cmake")
        shutil.copy(here / "c" / "CMakeLists.txt", here)
        run("cmake", "-S", here, "-B", here / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_C_COMPILER={CC}")
        run("cmake", "--build", here / "build")
        self.says_it_learned(here / "build" / "embed")

    def test_the_c_interface_is_the_one_that_was_promised(self):
        self.assertEqual("\n".join(self.declared("scangrad")) + "\n", self.promised())
        self.assertEqual(self.exported("scangrad"), set(re.findall(r"\b(scangrad_\w+)\(", self.promised())))

    def test_the_c_header_is_for_cxx_too(self):
        source = self.folder / "both.cpp"
        source.write_text("#include <scangrad/c.h>\n#include <scangrad/scangrad.h>\n")
        run(CXX, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *self.flags("--cflags", "scangrad"), source)

    def test_nothing_internal_is_installed_or_included(self):
        headers = self.prefix / "include" / "scangrad"
        for header in sorted(headers.rglob("*.h")):
            with self.subTest(header=header.name):
                text = header.read_text()
                self.assertNotRegex(text, r"^// Internal", header)
                for name in re.findall(r'^#include "(.*)"', text, re.M):
                    self.assertTrue((header.parent / name).exists(), name)
                for name in re.findall(r"^#include <(.*)>", text, re.M):
                    self.assertNotRegex(name, "fmt|nlohmann|CLI|blis|doctest")

    def test_the_library_is_versioned_and_shows_only_its_own(self):
        library = self.libraries / "libscangrad.so.0"
        self.assertIn("[libscangrad.so.0]", run("readelf", "-d", library))
        for line in run("nm", "-DC", "--defined-only", library).splitlines():
            self.assertRegex(line, r" scangrad_\w+$|scangrad::|std::|__gnu_cxx::|fmt::|nlohmann::| [wVWvu] ", line)


class BothPrecisions(Installed):
    """In float and in double."""

    def test_both_precisions_in_one_c_program(self):
        here = self.project("c-of-both")
        for name, library in (("single", "scangrad"), ("double", "scangrad_f64")):
            run(CC, *C99, f"-Dmain=main_in_{name}", *self.flags("--cflags", library), "-c", here / "main.c",
                "-o", here / f"{name}.o")
        run(CC, *C99, here / "main_of_both.c", here / "single.o", here / "double.o",
            *self.flags("--libs", "scangrad", "scangrad_f64"), "-o", here / "embed")
        self.assertEqual(len(re.findall(r"^loss 0\.0", self.says_it_learned(here / "embed"), re.M)), 2)

    def test_the_c_interface_in_double_is_the_one_that_was_promised(self):
        in_double = [line.replace("scangrad_f64_", "scangrad_") for line in self.declared("scangrad_f64")]
        self.assertEqual("\n".join(in_double) + "\n", self.promised().replace("typedef float", "typedef double"))
        functions = {name.replace("_f64", "", 1) for name in self.exported("scangrad_f64")}
        self.assertEqual(functions, self.exported("scangrad"))

    def test_cmake_with_both_precisions_and_an_op_of_its_own(self):
        here = self.project("cmake")
        run("cmake", "-S", here, "-B", here / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={CXX}")
        run("cmake", "--build", here / "build")
        said = self.says_it_learned(here / "build" / "embed")
        self.assertLess(float(re.search(r"^error (\S+)$", said, re.M)[1]), 1e-7)


class Subproject(Projects):
    """A Meson project that builds scangrad itself."""

    def test_meson_subproject(self):
        here = self.project("subproject")
        shutil.copy(here / "meson" / "meson.build", here)
        (here / "subprojects").mkdir()
        (here / "subprojects" / "scangrad").symlink_to(ROOT)
        # Without precompiled headers: every source includes what it needs.
        run(MESON, "setup", "--buildtype=plain", "-Db_pch=false", here / "build", here)
        self.assertNotRegex(run("ninja", "-C", here / "build", "-t", "targets", "all"), "tests/tests-|commands.cpp.o")  # unless asked for
        run("ninja", "-C", here / "build", "embed")
        self.says_it_learned(here / "build" / "embed")


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
