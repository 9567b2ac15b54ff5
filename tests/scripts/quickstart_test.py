"""tools/quickstart.sh with a build and a training that do nothing.

    python3 tests/scripts/quickstart_test.py
"""

import unittest

from world import ScriptTest


class Quickstart(ScriptTest):
    def test_builds_trains_and_shows_the_picture(self):
        world = self.ready()
        (world.clone / "runs").mkdir()
        first = world.run("quickstart.sh")
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertIn("\ntest accuracy 99.7 %\n", first.stdout)
        self.assertIn(f"\nthe curve: {world.clone}/runs/quickstart/curve.png\n", first.stdout)
        self.assertEqual(world.calls(), [
            "meson setup /a clone/build /a clone -Dtests=disabled",
            "meson compile -C /a clone/build scangrad:executable",
            "train copy --preset quick --out /a clone/runs/quickstart"])

    def test_keeps_the_first_result_the_second_time(self):
        world = self.ready()
        world.run("quickstart.sh")
        world.calls()
        self.assertEqual(world.run("quickstart.sh").returncode, 0)
        self.assertEqual(world.calls(), [
            "meson compile -C /a clone/build scangrad:executable",
            "train copy --preset quick --out /a clone/runs/quickstart-2"])

    def test_uses_a_build_folder_configured_by_hand(self):
        world = self.ready()
        (world.clone / "build").mkdir()
        (world.clone / "build/build.ninja").touch()
        world.run("quickstart.sh")
        self.assertTrue(world.calls()[0].startswith("meson compile"))

    def test_builds_again_after_the_project_has_moved(self):
        world = self.ready()
        world.run("quickstart.sh")
        (world.clone / "build/old").touch()
        world.clone = world.clone.rename(world.folder / "moved")
        world.calls()
        world.run("quickstart.sh")
        self.assertEqual(world.calls()[0], "meson setup /moved/build /moved -Dtests=disabled")
        self.assertFalse((world.clone / "build/old").exists())

    def test_shows_the_errors_of_the_compiler(self):
        world = self.ready()
        world.write("compiler", "[1/2] Compiling core/shape.cpp\nFAILED: core/shape.cpp.o\nshape.cpp:1: error: no\n")
        result = world.run("quickstart.sh")
        self.assertEqual(result.returncode, 1)
        self.assertIn("failed\nFAILED: core/shape.cpp.o\nshape.cpp:1: error: no\n", result.stdout)
        self.assertNotIn("[1/2]", result.stdout)

    def test_stops_when_training_stops(self):
        world = self.ready()
        world.write("scangrad", "#!/bin/sh\necho 'train: loss is nan at step 3' >&2; exit 1\n").chmod(0o755)
        result = world.run("quickstart.sh")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.splitlines(),
                         ["train: loss is nan at step 3", "quickstart: training stopped; see the line above"])


if __name__ == "__main__":
    unittest.main()
