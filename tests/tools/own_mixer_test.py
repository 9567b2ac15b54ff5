"""A program that registers a mixer of its own: its flags, its runs and its errors are those of every mixer.

    python3 own_mixer_test.py build/tests/own-mixer
"""
import json
import unittest

from command import TINY, CommandTest, run


class OwnMixer(CommandTest):
    def test_it_trains_resumes_and_is_evaluated(self):
        folder = self.folder / "run"
        result = run("train", "copy", *TINY, "--mixer", "toy", "--taps", 3, "--out", folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads((folder / "config.json").read_text())["mixer"], {"name": "toy", "taps": 3})
        self.assertEqual(run("train", "copy", "--resume", folder, "--steps", 40).returncode, 0)
        self.assertIn("of length 12 (trained on 12)", run("eval", folder).stdout)

    def test_its_options_are_its_own(self):
        result = run("train", "copy", *TINY, "--taps", 3, "--out", self.folder / "run")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "scangrad: --taps is no option of mixer mingru; leave it out, or add --mixer toy\n")


if __name__ == "__main__":
    unittest.main(verbosity=1)
