"""What all scripts of tools/ have in common.

    python3 tests/scripts/every_script_test.py
"""

import shutil
import subprocess
import unittest

from world import PROJECT, ScriptTest

SCRIPTS = [*sorted((PROJECT / "tools").rglob("*.sh")), PROJECT / ".ci/run"]


class EveryScript(ScriptTest):
    def test_parses(self):
        for script in SCRIPTS:
            subprocess.run(["bash", "-n", script], check=True)

    def test_passes_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("there is no shellcheck")
        found = subprocess.run(["shellcheck", *SCRIPTS], cwd=PROJECT, capture_output=True, text=True, check=False)
        self.assertEqual(found.stdout, "")

    def test_explains_itself(self):
        world = self.world()
        for name in ("setup", "quickstart", "test", "get-shakespeare", "study", "soak", "fuzz", "pictures/regenerate"):
            for option in ("--help", "-h"):
                result = world.run(f"{name}.sh", option)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn(f"\n  tools/{name}.sh", result.stdout)
                self.assertNotIn("#", result.stdout)

    def test_refuses_an_unknown_option(self):
        world = self.world()
        for name in ("setup", "quickstart", "test", "get-shakespeare", "fuzz", "pictures/regenerate"):
            unit = name.split("/")[-1]
            self.says(world.run(f"{name}.sh", "--qick"), f"{unit}: --qick is not an option; --help lists the options")


if __name__ == "__main__":
    unittest.main()
