"""tools/fuzz.sh with targets that do nothing.

    python3 tests/scripts/fuzz_test.py
"""

import unittest

from world import ScriptTest


class Fuzz(ScriptTest):
    # Prints what libFuzzer prints at its end; a target with the name "bad" finds something.
    PROGRAM = """#!/usr/bin/env bash
echo "$@" >>$world/calls
echo "#1 INITED cov: 10 ft: 20 corp: 2/8b"
echo "#9 DONE   cov: 12 ft: 34 corp: 5/60b lim: 9"
if [[ $0 == *bad ]]; then echo "fuzz: milliseconds: 1500"; echo "artifact; Test unit written to here/bad-1"; status=77; fi
echo "stat::number_of_executed_units: 99"
echo "stat::average_exec_per_sec:     33"
exit ${status-0}
"""

    def world_with(self, *targets):
        world = self.ready()
        (world.clone / "tests/fuzz").mkdir()
        (world.clone / "tests/fuzz/limits.cpp").touch()
        (world.clone / "build-fuzz/build/tests").mkdir(parents=True)
        for target in targets:
            (world.clone / f"tests/fuzz/{target}.cpp").write_text("\nvoid fuzz(const std::string& input) {")
            program = world.write(f"a clone/build-fuzz/build/tests/fuzz-{target}", self.PROGRAM.replace("$world", str(world.folder)))
            program.chmod(0o755)
        return world

    def test_needs_seconds_and_known_targets(self):
        world = self.world_with("a", "b")
        self.says(world.run("fuzz.sh"), "fuzz: the number of seconds is '', but a whole number is needed")
        self.says(world.run("fuzz.sh", "1", "limits"), "fuzz: the target is 'limits', but one of a b is needed")

    def test_runs_every_target_and_prints_the_table(self):
        world = self.world_with("a", "b")
        result = world.run("fuzz.sh", "7")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for target in ("a", "b"):  # in the order in which they end
            self.assertRegex(result.stdout, rf"\n{target} +99 +33 +12 +34 +5\n")
        calls = world.calls()
        self.assertIn("meson compile -C /a clone/build-fuzz/build --ninja-args=tests/fuzz-a,tests/fuzz-b", calls)
        for target in ("a", "b"):
            told = [call for call in calls if call.endswith(f"/a clone/build-fuzz/corpus/{target} /a clone/tests/fuzz/corpus/{target}")]
            self.assertEqual(len(told), 1)
            self.assertIn("-max_total_time=7 ", told[0])

    def test_says_what_broke_a_rule_and_how_to_repeat_it(self):
        world = self.world_with("bad", "good")
        result = world.run("fuzz.sh", "7", "bad")
        self.assertEqual(result.returncode, 1)
        self.assertIn("fuzz: bad: fuzz: milliseconds: 1500\nfuzz: to repeat this: build-fuzz/build/tests/fuzz-bad here/bad-1\n",
                      result.stdout)
        self.assertEqual(result.stderr, "fuzz: 1 of 1 targets failed; their logs are build-fuzz/TARGET.log\n")


if __name__ == "__main__":
    unittest.main()
