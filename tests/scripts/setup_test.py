"""tools/setup.sh on systems with different packages.

    python3 tests/scripts/setup_test.py
"""

import re
import unittest

from world import PROGRAM, PROJECT, STAND_INS, ScriptTest


class Setup(ScriptTest):
    def test_names_libraries_and_versions_on_another_system(self):
        lines = """setup: this system is neither Debian nor Ubuntu; install these, or newer versions:
  a C++20 compiler: g++ 12 or clang++ 14
  Meson 1.0.0
  Ninja
  pkg-config or pkgconf
  BLIS 0.9.0, with blis.h or blis/blis.h
  BLIS must be compiled for several threads by OpenMP
  fmt 9.1.0
  nlohmann-json 3.11.2
  CLI11 2.1.2
  gnuplot, for pictures"""
        world = self.world()
        self.says(world.run("setup.sh"), lines)  # a Debian without apt-get
        world.program("bin/apt-get")
        world.write("os-release", "ID=fedora\n")
        self.says(world.run("setup.sh"), lines)
        self.says(world.run("setup.sh", SCANGRAD_OS_RELEASE="/nowhere"), lines)
        self.says(world.run("quickstart.sh"), lines.replace("setup", "quickstart", 1))
        self.assertEqual(world.calls(), [])

    def test_can_explain_every_package(self):
        script = (PROJECT / "tools/setup.sh").read_text()
        explained = re.findall(r"^([a-z][a-z0-9+-]*) {2,}\S", re.search(r"<<'END'\n(.*?)\nEND\n", script, re.S)[1] + "\n", re.M)
        missing = re.search(r"^missing\(\) .*?^}", script, re.S | re.M)[0]
        named = " ".join(re.findall(r"\becho ([a-z0-9+ -]+)", missing)).split()
        self.assertEqual(sorted(named), sorted(explained))

    def test_names_the_versions_that_meson_asks_for(self):
        script = (PROJECT / "tools/setup.sh").read_text()
        meson = "".join((PROJECT / each).read_text() for each in ("meson.build", "tools/python/meson.build"))
        asked = dict(re.findall(r"dependency\('(\w+)', version: '>=([\d.]+)'", meson))
        asked["Meson"], = re.findall(r"meson_version: '>=([\d.]+)'", meson)
        self.assertEqual(asked.keys(), {"fmt", "nlohmann_json", "CLI11", "pybind11", "Meson"})
        for name, version in asked.items():
            self.assertRegex(script, rf"\n\S+ {{2,}}{name.replace('_', '-')} {re.escape(version)}\n")
        self.assertIn(f"printf '{asked['Meson']}\\n", script)  # find_meson compares with it
        self.assertIn(f'"pybind11>={asked["pybind11"]}"', (PROJECT / "pyproject.toml").read_text())

    def test_finds_the_header_of_blis_in_its_own_folder(self):
        world = self.ready()
        world.program("bin/g++", "! grep -q '<blis.h>'")
        self.assertEqual(world.run("setup.sh").stdout, "everything is installed\n")
        world.program("bin/g++", "! grep -q 'blis.h>'")
        self.assertIn("BLIS 0.9.0", world.run("setup.sh", SCANGRAD_OS_RELEASE="/nowhere").stderr)

    def test_installs_what_is_missing_and_nothing_the_second_time(self):
        world = self.world()
        world.program("bin/apt-get")
        options = "apt-get -qq -o DPkg::Lock::Timeout=300"
        install = f"{options} install -y --no-install-recommends {PROGRAM}"
        result = world.run("setup.sh")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.startswith(f"installing: {PROGRAM}\n"))
        self.assertTrue(result.stdout.endswith("everything is installed\n"))
        self.assertEqual(world.calls(), [f"{options} update", install])
        for option in ("test", "--test", "all", "--all"):
            self.assertEqual(world.run("setup.sh", option).stdout, "everything is installed\n")
        self.assertEqual(world.calls(), [])

    def test_installs_only_what_is_missing(self):
        for option in ("test", "--test"):
            world = self.world(there=STAND_INS.keys() - {"gnuplot", "clang-format-14", "ninja"})
            world.program("bin/apt-get")
            world.program("bin/pkg-config", "[[ $1 == --version ]]")  # which finds no package
            world.run("setup.sh", option)
            self.assertTrue(world.calls()[1].endswith(
                " --no-install-recommends ninja-build gnuplot-nox clang-format-14 pybind11-dev"))

    def test_needs_universal_ctags_for_the_tests_only(self):
        world = self.ready()
        world.program("bin/ctags", "echo 'Exuberant Ctags 5.8'")
        world.program("bin/apt-get")
        self.assertEqual(world.run("setup.sh").stdout, "everything is installed\n")
        world.run("setup.sh", "test")
        self.assertTrue(world.calls()[1].endswith(" --no-install-recommends universal-ctags"))

    def test_uses_sudo_when_not_root(self):
        world = self.world()
        world.program("bin/apt-get")
        world.program("bin/id")
        world.write("user", "1000\n")
        self.says(world.run("setup.sh"), f"setup: installing packages needs root; run as root: apt-get install {PROGRAM}")
        world.program("bin/sudo")
        self.assertEqual(world.run("setup.sh").returncode, 0)
        self.assertIn("sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq", world.calls()[3])

    def test_shows_why_an_installation_failed(self):
        world = self.world()
        world.program("bin/apt-get")
        world.write("refusal", "E: Unable to locate package libblis-dev\n")
        result = world.run("setup.sh")
        self.assertEqual(result.returncode, 1)
        self.assertIn("\nE: Unable to locate package libblis-dev\n", result.stdout)

    def test_stops_when_the_packages_are_too_old(self):
        world = self.world(there=STAND_INS.keys() - {"meson"})
        world.program("bin/apt-get")
        world.program("packages/meson", "echo 0.61.2")
        result = world.run("setup.sh")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "setup: still missing or older than Debian 12's: meson\n")

    def test_ignores_programs_that_do_not_work(self):
        world = self.ready()
        (world.folder / "shims").mkdir()
        world.program("shims/meson", "echo 'no such version' >&2; exit 127")
        world.program("shims/clang-format", "echo clang-format version 19.1.0")
        result = world.run("setup.sh", "--test", PATH=f"{world.folder}/shims:{world.folder}/bin")
        self.assertEqual((result.returncode, result.stdout), (0, "everything is installed\n"))


if __name__ == "__main__":
    unittest.main()
