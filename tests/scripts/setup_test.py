"""tools/setup.sh on systems with different packages.

    python3 tests/scripts/setup_test.py
"""

import unittest

from world import PROGRAM, STAND_INS, ScriptTest


class Setup(ScriptTest):
    def test_names_the_packages_on_another_system(self):
        line = f"setup: this system is neither Debian nor Ubuntu; install the equivalents of these packages: {PROGRAM}"
        world = self.world()
        self.says(world.run("setup.sh"), line)  # a Debian without apt-get
        world.program("bin/apt-get")
        world.write("os-release", "ID=fedora\n")
        self.says(world.run("setup.sh"), line)
        self.says(world.run("setup.sh", SCANGRAD_OS_RELEASE="/nowhere"), line)
        self.says(world.run("quickstart.sh"), line.replace("setup", "quickstart"))
        self.assertEqual(world.calls(), [])

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
