"""tools/study.sh with a program that does not train.

    python3 tests/scripts/study_test.py
"""

import unittest

from world import ScriptTest


class Study(ScriptTest):
    # Notes its options, "trains" to an accuracy that follows from the seed, and fails once for seed 43.
    PROGRAM = """#!/usr/bin/env bash
echo "$@" >>$world/calls
[[ $1 == train ]] || exit 0
for word; do [[ $last == --out || $last == --resume ]] && run=$word; [[ $last == --seed ]] && seed=$word; last=$word; done
mkdir -p "$run" && : >"$run/config.json"
[[ ${seed-} != 43 ]] || { echo "no disk left"; exit 1; }
echo "test accuracy 9${seed:-43}.00 % on 16 unseen examples"
"""

    def test_needs_a_study_and_a_program(self):
        world = self.ready()
        self.says(world.run("study.sh", "layer"), "study: the study is 'layer', but layers or forget-bias is needed")
        self.says(world.run("study.sh"), "study: the study is '', but layers or forget-bias is needed")
        self.says(world.run("study.sh", "layers"),
                  f"study: {world.clone}/build/scangrad does not exist; tools/quickstart.sh builds it")

    def test_trains_resumes_and_prints_the_table(self):
        world = self.ready()
        (world.clone / "build").mkdir()
        program = world.write("a clone/build/scangrad", self.PROGRAM.replace("$world", str(world.folder)))
        program.chmod(0o755)
        result = world.run("study.sh", "layers", "--lr", "1e-2")
        self.assertEqual(result.returncode, 1)
        self.assertIn("minlstm-3-seed43 stopped: no disk left\n", result.stdout)
        self.assertEqual(result.stderr, "study: not all runs have finished; call the script again to resume them\n")
        calls = world.calls()
        self.assertEqual(len(calls), 18)
        self.assertIn("train copy --threads 1 --preset t256 --save-every 250 --mixer mingru --layers 2 --seed 44 --lr 1e-2 "
                      "--out /a clone/runs/layers/mingru-2-seed44", calls)
        result = world.run("study.sh", "layers", "--lr", "1e-2")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("mingru-1       mean 943.00 %   seeds 943.00 943.00 943.00\n", result.stdout)
        self.assertTrue(result.stdout.endswith("runs/layers: table.txt curves.png\n"), result.stdout)
        again = [call for call in world.calls() if "--resume" in call]
        self.assertEqual(len(again), 18)
        self.assertIn("train copy --threads 1 --resume /a clone/runs/layers/mingru-2-seed44", again)  # with its own options

    def test_needs_no_further_options(self):
        world = self.ready()
        (world.clone / "build").mkdir()
        world.write("a clone/build/scangrad", self.PROGRAM.replace("$world", str(world.folder))).chmod(0o755)
        world.run("study.sh", "forget-bias")
        self.assertIn("train copy --threads 1 --preset t256 --save-every 250 --mixer minlstm --forget-bias 5 --seed 44 "
                      "--out /a clone/runs/forget-bias/bias5-seed44", world.calls())


if __name__ == "__main__":
    unittest.main()
