"""tools/pictures/regenerate.sh with a program that draws nothing.

    python3 tests/scripts/pictures_test.py
"""

import unittest

from world import ScriptTest

SCRIPT = "pictures/regenerate.sh"


class Pictures(ScriptTest):
    # Notes its options. What it is told to write with --out is there afterwards: a table, a run, a picture.
    PROGRAM = """#!/usr/bin/env bash
echo "$@" >>$world/calls
for word; do [[ $last == --out ]] && out=$word; last=$word; done
case $1 in
  info) echo "cpu       a processor" ;;
  train) [[ -z ${out-} ]] || { mkdir -p "$out" && echo '{"data": "/home/me/data/a.txt", "seed": 1}' >"$out/config.json" && echo step >"$out/metrics.csv"; } ;;
  bench) mkdir -p "$out" && { [[ $* == *--table* ]] || echo mixer,ms >"$out/$2.csv"; } && echo svg >"$out/$2.svg" ;;
  plot) echo svg >"$out.svg" ;;
esac
"""

    def world_with_program(self):
        world = self.ready()
        (world.clone / "build").mkdir()
        world.write("a clone/build/scangrad", self.PROGRAM.replace("$world", str(world.folder))).chmod(0o755)
        return world, world.clone / "tools/pictures"

    def test_needs_a_program_and_known_pictures(self):
        world = self.ready()
        names = "gates layers forget-bias shakespeare runtime inference"
        self.says(world.run(SCRIPT, "gate"), f"regenerate: the picture is 'gate', but one of {names} is needed")
        self.says(world.run(SCRIPT, "--measure"), f"regenerate: --measure needs the names of the pictures: {names}")
        self.says(world.run(SCRIPT), f"regenerate: {world.clone}/build/scangrad does not exist; tools/quickstart.sh builds it")

    def test_measures_stores_and_draws_again(self):
        world, pictures = self.world_with_program()
        for csv in pictures.glob("*.csv"):
            csv.unlink()
        result = world.run(SCRIPT, "runtime")
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (1, "runtime: no numbers are stored; --measure runtime measures them\n", ""))
        result = world.run(SCRIPT, "--measure", "runtime")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex((pictures / "runtime.csv").read_text(),
                         r"^# a processor, \d+ cores\n# \d{4}-\d\d-\d\d, build/scangrad bench runtime --batch 1\nmixer,ms\n$")
        self.assertEqual((pictures / "runtime.svg").read_text(), "svg\n")
        world.calls()
        self.assertEqual(world.run(SCRIPT, "runtime").stdout, "runtime: tools/pictures/runtime.svg\n")
        self.assertRegex("".join(world.calls()), r"^bench runtime --table /a clone/tools/pictures/runtime.csv --out \S+$")

    def test_trains_stores_runs_and_resumes(self):
        world, pictures = self.world_with_program()
        result = world.run(SCRIPT, "--measure", "shakespeare")
        self.assertEqual((result.returncode, result.stderr),
                         (1, "regenerate: data/shakespeare.txt is needed; tools/get-shakespeare.sh downloads it\n"))
        (world.clone / "data").mkdir()
        (world.clone / "data/shakespeare.txt").touch()
        result = world.run(SCRIPT, "--measure", "shakespeare")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        stored = pictures / "shakespeare"
        self.assertEqual(len(list(stored.glob("shakespeare-*/metrics.csv"))), 4)
        self.assertTrue((stored / "measured.txt").exists())
        self.assertEqual((stored / "shakespeare-mingru/config.json").read_text(), '{"data": "a.txt", "seed": 1}\n')
        self.assertEqual(len([call for call in world.calls() if call.startswith("train text --preset shakespeare")]), 4)
        world.run(SCRIPT, "--measure", "shakespeare")
        self.assertEqual(len([call for call in world.calls() if "--resume" in call]), 4)

    def test_the_network_of_the_gates_is_trained_once(self):
        world, _ = self.world_with_program()
        self.assertEqual(world.run(SCRIPT, "gates").stdout, "gates: tools/pictures/gates.svg\n")
        self.assertIn("train copy --preset quick --out /a clone/runs/pictures/gates", world.calls())
        world.run(SCRIPT, "gates")
        self.assertIn("train copy --resume /a clone/runs/pictures/gates", world.calls())


if __name__ == "__main__":
    unittest.main()
