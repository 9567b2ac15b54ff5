"""Runs scangrad runs as a user would: tables of runs, and folders that hold none.

    python3 runs_test.py build/scangrad
"""
import fcntl
import json
import shutil
import unittest

from command import PROGRAM, TINY, CommandTest, mixers, on_terminal, run


class Runs(CommandTest):
    def record(self, name, losses, **config):
        """A run of 30 steps that another program might have left: its configuration and its metrics."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"task": "copy", "steps": 30, **config}))
        rows = [f"{10 * i},{loss},0.5,60,{i}\n" for i, loss in enumerate(losses, 1)]
        (folder / "metrics.csv").write_text("step,val_loss,val_accuracy,peak_mb,seconds\n" + "".join(rows))
        return folder

    def test_runs_are_a_table_of_what_differs(self):
        self.record("a", [2, 0.75], lr=0.003)
        self.record("deep/b", [2, 1, 0.5], lr=0.001)
        (self.folder / "notes").mkdir()
        (self.folder / "other").mkdir()
        (self.folder / "other" / "config.json").write_text('{"name": "of another program"}')
        self.assertEqual(self.succeeds("runs", self.folder), """\
copy: 2 runs, lowest validation loss first
run        lr  steps    loss  accuracy  time  memory    state
deep/b  0.001  30/30  0.5000   50.00 %  0:03   60 MB
a       0.003  20/30  0.7500   50.00 %  0:02   60 MB  stopped
""")
        self.assertEqual(self.succeeds("runs", self.folder / "a").splitlines()[0], "copy: 1 run")

    def test_runs_of_the_program(self):
        for name, more in (("a", []), ("b", ["--mixer", "minlstm"])):
            self.succeeds("train", "copy", *TINY, *more, "--out", self.folder / name)
        said = self.succeeds("runs", self.folder)
        for name, mixer in (("a", "mingru"), ("b", "minlstm")):
            self.assertRegex(said, rf"(?m)^{name}    +{mixer}  30/30  +\d\S*  +\d+\.\d\d %  0:\d\d  +\d+ MB$")
        shutil.copytree(self.folder / "a", self.folder / "c")
        (self.folder / "c" / "config.json").write_text("{")
        said = self.succeeds("runs", self.folder)
        self.assertEqual(said.splitlines()[-1].split(": ")[0], "c cannot be read")
        self.assertIn("copy: 2 runs", said)

    def test_a_run_that_is_being_trained_is_shown_as_such(self):
        folder = self.record("a", [2])
        with open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertRegex(self.succeeds("runs", self.folder), r"\na +10/30 .* training\n")
        self.assertRegex(self.succeeds("runs", self.folder), r"\na +10/30 .* stopped\n")

    def test_a_table_fits_the_terminal(self):
        for seed, mixer in enumerate(mixers()[:3]):
            self.record(f"copy-quick-{mixer}-seed{seed}", [1 / (seed + 1)], mixer=mixer, seed=seed, length=10 + seed, dim=8 + seed,
                        layers=1 + seed, batch=64 * 2 ** seed, lr=0.001 * (seed + 1))
        self.record("broken", [1], lr="high")
        for columns in (20, 40, 80, 200):
            status, table = on_terminal("runs", self.folder, columns=columns)
            self.assertEqual(status, 0)
            self.assertLessEqual(max(map(len, table.splitlines())), columns, table)
            self.assertLess(table.index("0.3333"), table.index("0.5"))
            self.assertIn(f"mixer={mixers()[1]}" if columns < 200 else mixers()[1], table)
            self.assertEqual("wider" in table, columns < 60, table)

    def test_a_folder_without_runs_is_one_line(self):
        trains = f"{PROGRAM} train copy --out {self.folder}"
        self.refuses(run("runs", self.folder), f"scangrad: there are no runs in {self.folder}; give another folder, or train one: {trains}/first")
        nowhere = self.folder / "nowhere"
        self.refuses(run("runs", nowhere), f"scangrad: {nowhere} is no folder; give the folder of runs, or train one: {trains}/nowhere/first")
        self.refuses(run("runs", cwd=self.folder),
                     f"scangrad: runs is no folder; give the folder of runs, or train one: {PROGRAM} train copy --out runs/first")


if __name__ == "__main__":
    unittest.main(verbosity=1)
