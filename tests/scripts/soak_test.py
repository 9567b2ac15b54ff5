"""The arguments of tools/soak.sh.

    python3 tests/scripts/soak_test.py
"""

import unittest

from world import ScriptTest


class Soak(ScriptTest):
    def test_needs_minutes_and_a_program(self):
        world = self.ready()
        for time in ("", "0", "1.5", "-1"):
            self.says(world.run("soak.sh", time), f"soak: the duration is '{time}', but a whole number of minutes is needed")
        self.says(world.run("soak.sh", "1"), f"soak: {world.clone}/build/scangrad does not exist; tools/quickstart.sh builds it")
        self.says(world.run("soak.sh", "1", "/nowhere"), "soak: /nowhere does not exist; tools/quickstart.sh builds it")


if __name__ == "__main__":
    unittest.main()
