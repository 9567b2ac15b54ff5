#!/usr/bin/env python3
"""Programs outside of the source tree that embed scangrad: installed, by pkg-config and by CMake, and as a subproject.

    embed_test.py BUILD      # a build folder with -Dprecision=both
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
CXX = os.environ.get("CXX", "g++")


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}:\n{result.stdout}"
    return result.stdout


class Embedded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        run(MESON, "install", "--no-rebuild", "--quiet", "-C", BUILD, "--destdir", cls.folder / "root")
        pc_file, = (cls.folder / "root").rglob("scangrad.pc")
        cls.libraries = pc_file.parent.parent
        cls.prefix = next(parent for parent in pc_file.parents if (parent / "include").exists())

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def project(self, name):
        return pathlib.Path(shutil.copytree(ROOT / "tests" / "embed", self.folder / name))

    def says_it_learned(self, program):
        said = run(program, env={**os.environ, "LD_LIBRARY_PATH": str(self.libraries)})
        self.assertLess(float(re.search(r"^loss (\S+)$", said, re.M)[1]), 0.1)
        return said

    def test_pkg_config(self):
        here = self.project("pkg-config")
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.libraries / "pkgconfig")}
        words = run("pkg-config", f"--define-variable=prefix={self.prefix}", "--cflags", "--libs", "scangrad", env=env)
        run(CXX, "-std=c++20", "-O2", here / "main.cpp", here / "train.cpp", *words.split(), "-o", here / "embed")
        self.says_it_learned(here / "embed")

    def test_cmake_with_both_precisions_and_an_op_of_its_own(self):
        here = self.project("cmake")
        run("cmake", "-S", here, "-B", here / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={CXX}")
        run("cmake", "--build", here / "build")
        said = self.says_it_learned(here / "build" / "embed")
        self.assertLess(float(re.search(r"^error (\S+)$", said, re.M)[1]), 1e-7)

    def test_meson_subproject(self):
        here = self.project("subproject")
        shutil.copy(here / "meson" / "meson.build", here)
        (here / "subprojects").mkdir()
        (here / "subprojects" / "scangrad").symlink_to(ROOT)
        run(MESON, "setup", here / "build", here, "-Dscangrad:tools=disabled", "-Dscangrad:tests=disabled")
        run("ninja", "-C", here / "build", "embed")
        self.says_it_learned(here / "build" / "embed")

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
            self.assertRegex(line, r"scangrad::|std::|__gnu_cxx::|fmt::|nlohmann::| [wVWvu] ", line)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
