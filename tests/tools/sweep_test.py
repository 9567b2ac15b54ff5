"""Runs scangrad train --sweep as a user would: every combination, resuming, and bad values.

    python3 sweep_test.py build/scangrad
"""
import json
import re
import shutil
import signal
import subprocess
import unittest

from command import PROGRAM, TINY, CommandTest, run


class Sweep(CommandTest):
    def sweep(self, *args, out="all"):
        return self.succeeds("train", "copy", *TINY, "--out", self.folder / out, *args)

    def losses(self, folder):
        """The losses of a run at each step, without what depends on the time."""
        rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        return [(row["step"], row["loss"], row.get("val_loss")) for row in rows]

    def test_every_combination_is_trained_as_it_would_be_alone(self):
        said = self.sweep("--sweep", "lr=1e-3,3e-2", "--sweep", "layers=1,2")
        out = self.folder / "all"
        names = [f"lr={lr},layers={layers}" for lr in (0.001, 0.03) for layers in (1, 2)]
        self.assertEqual(sorted(path.name for path in out.iterdir() if path.is_dir()), sorted(names))
        self.assertTrue(said.startswith(f"4 runs in {out}: less than a minute\nrun 1 of 4: lr=0.001, layers=1\n"), said)
        self.assertEqual(len(re.findall(r"(?m)^loss \S+, accuracy \S+ %, 30 steps in 0:\d\d, \d+ MB$", said)), 4)
        self.assertIn("\ncopy: 4 runs, lowest validation loss first\n", said)
        best = re.search(r"\n(lr=\S+) .*  30/30", said)[1]
        self.assertTrue(said.endswith(f"to judge the best run: {PROGRAM} eval '{out}/{best}'\n"), said)
        if "no picture drawn: gnuplot is not installed" not in said:
            picture = (out / "sweep.svg").read_text()
            for lr in (0.001, 0.03):
                for layers in ("1", "2"):
                    self.assertRegex(picture, rf">layers {layers}, lr {lr}<|>lr {lr}, layers {layers}<")
        # Nothing of a run leaks into the next: the last one has the bits of a run of its own.
        for name, lr, layers in ((names[3], 3e-2, 2), (names[1], 1e-3, 2)):
            alone = self.folder / name
            self.succeeds("train", "copy", *TINY, "--lr", lr, "--layers", layers, "--out", alone)
            self.assertEqual((out / name / "model.safetensors").read_bytes(), (alone / "model.safetensors").read_bytes())
            self.assertEqual(self.losses(out / name), self.losses(alone))
            self.assertEqual((out / name / "config.json").read_text(), (alone / "config.json").read_text())

    def test_the_same_line_skips_what_is_done_and_resumes_what_was_stopped(self):
        out, constant = self.folder / "all", ["--lr", 3e-3, "--min-lr", 3e-3]
        self.sweep(*constant, "--sweep", "seed=2,3,4")
        whole = {seed: (out / f"seed={seed}" / "model.safetensors").read_bytes() for seed in (3, 4)}
        stopped = self.folder / "stopped"
        self.succeeds("train", "copy", *TINY, *constant, "--seed", 3, "--steps", 10, "--out", stopped)
        shutil.copy(stopped / "train.safetensors", out / "seed=3" / "train.safetensors")
        shutil.rmtree(out / "seed=4")
        said = self.sweep(*constant, "--sweep", "seed=2,3,4")
        self.assertIn("3 runs in ", said)
        self.assertIn(", 1 of them done: ", said)
        self.assertRegex(said, r"\nrun 1 of 3: seed=2\ndone before: loss .*\nrun 2 of 3: seed=3\nresuming after step 10 of 30\n")
        for seed, model in whole.items():
            self.assertEqual((out / f"seed={seed}" / "model.safetensors").read_bytes(), model)
        self.assertEqual(self.sweep(*constant, "--sweep", "seed=2,3,4").count("done before"), 3)
        self.assertIn("4 runs in", self.sweep(*constant, "--sweep", "seed=2,3,4,5"))

    def test_ctrl_c_saves_and_says_how_to_resume(self):
        line = ["train", "copy", *TINY, "--steps", "100000", "--out", str(self.folder / "all"), "--sweep", "lr=1e-3,3e-3"]
        process = subprocess.Popen([PROGRAM, *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.wait_for((self.folder / "all" / "lr=0.001" / "model.safetensors").exists)
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (130, ""))
        self.assertRegex(said, r"\ninterrupted: loss .*\nsaved; to resume: ")
        self.assertTrue(said.endswith(f"to resume: {PROGRAM} {' '.join(line[:-1])} 'lr=1e-3,3e-3'\n"), said)
        self.assertFalse((self.folder / "all" / "lr=0.003").exists())
        self.assertRegex(self.succeeds("runs", self.folder / "all"), r"\nlr=0\.001  \d+/100000 .* stopped\n")

    def test_any_option_can_be_swept(self):
        said = self.sweep("--sweep", "gates=plain,normalised", "--mixer", "minlstm", "--sweep", "tied=true", "--sweep", "min-lr=1e-4",
                          "--steps", 2)
        names = {path.name for path in (self.folder / "all").iterdir() if path.is_dir()}
        self.assertEqual(names, {f"gates={gates},tied=true,min_lr=0.0001" for gates in ("plain", "normalised")}, said)
        said = self.sweep("--sweep", "mixer=mingru,minlstm", "--steps", 2, out="mixers")
        self.assertRegex(said, r"(?m)^mixer=minlstm +minlstm +2/2 ")

    def test_a_run_that_fails_does_not_stop_the_others(self):
        result = run("train", "copy", *TINY, "--out", self.folder / "all", "--sweep", "lr=1e30,1e-3", "--clip", 0)
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertRegex(result.stdout, r"(?m)^ended with an error: train: step \d+: ")
        self.assertRegex(result.stdout, r"(?m)^lr=1e\+30 .* stopped$")
        self.assertRegex(result.stdout, r"(?m)^lr=0\.001 .* 30/30 ")

    def test_what_cannot_be_swept(self):
        refused = [
            (["lr="], "scangrad: --sweep is 'lr=', which lacks a value; type --sweep lr=VALUE,VALUE"),
            (["lr"], "scangrad: --sweep is 'lr', but a name with its values is needed, such as lr=1e-3,3e-3"),
            (["lrr=1"], "scangrad: --sweep lrr: a run of train copy has no option 'lrr'; the nearest is 'lr'"),
            (["out=a,b"], None),
            (["lr=1,2", "lr=3"], "scangrad: --sweep lr is given twice; write all of its values into one, lr=VALUE,VALUE"),
            (["lr=1e-3,0.001"], "scangrad: --sweep lr=1e-3 and lr=0.001 are the same run, lr=0.001; leave one of them out"),
            (["dim=8,0"], None),
            (["positions=64,3"], "scangrad: --sweep positions=3: positions is 3, but sequences have 14 steps"),
            (["lr=1e-3,high"], None),
            (["mixer=mingru,minlsmt"], None),
            (["mixer=minlstm,mingru", "gates=plain"], "scangrad: --sweep mixer=mingru,gates=plain: --gates is no option of mixer mingru; "
                                                      "leave it out, or add --mixer minlstm"),
        ]
        for sweeps, message in refused:
            with self.subTest(sweeps=sweeps):
                result = run("train", "copy", *TINY, "--out", self.folder / "all", *(word for each in sweeps for word in ("--sweep", each)))
                if message is not None:
                    self.refuses(result, message)
                self.assertEqual((result.returncode, len(result.stderr.splitlines()), result.stdout), (1, 1, ""))
                self.assertFalse((self.folder / "all").exists())
        self.succeeds("train", "copy", *TINY, "--out", self.folder / "run")
        self.refuses(run("train", "copy", *TINY, "--out", self.folder / "run", "--sweep", "lr=1"),
                     f"scangrad: {self.folder}/run is the folder of a run; a sweep makes folders of its own in --out, so give another")
        self.sweep("--sweep", "lr=1e-3")
        self.refuses(run("train", "copy", *TINY, "--out", self.folder / "all", "--sweep", "lr=1e-3", "--dim", 16),
                     f"scangrad: {self.folder}/all/lr=0.001 holds another run: dim 16 (was 8); give the sweep another --out")


if __name__ == "__main__":
    unittest.main(verbosity=1)
