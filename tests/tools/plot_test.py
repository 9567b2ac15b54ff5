"""Runs scangrad plot as a user would: pictures of runs, and everything that cannot be drawn.

    python3 plot_test.py build/scangrad
"""
import json
import os
import re
import signal
import subprocess
import unittest
from xml.etree import ElementTree

from command import PROGRAM, TINY, CommandTest, run


class Plot(CommandTest):
    def train(self, *args, out="run"):
        return run("train", "copy", *TINY, "--out", self.folder / out, *args)

    def record(self, run, content, **config):
        """A run of which the metrics are all that is left, and perhaps a configuration."""
        (self.folder / run).mkdir(parents=True)
        (self.folder / run / "metrics.csv").write_text(content)
        if config:
            (self.folder / run / "config.json").write_text(json.dumps(config))

    def draw(self, *args):
        """What a plot prints, and the texts in its SVG."""
        result = run("plot", *args, cwd=self.folder)
        if result.stderr == "plot: gnuplot is not installed\n":
            self.skipTest("there is no gnuplot")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        picture = self.folder / result.stdout.split()[-2]
        self.assertEqual(picture.with_suffix(".png").read_bytes()[:4], b"\x89PNG")
        texts = ["".join(text.itertext()).strip() for text in ElementTree.parse(picture).iter() if text.tag.endswith("text")]
        return result.stdout, texts

    def test_runs_are_drawn_together(self):
        self.train()
        self.train("--mixer", "minlstm", out="other's \"run\"")
        before = {path.name for path in self.folder.iterdir()}
        said, texts = self.draw("run", "other's \"run\"")
        self.assertEqual(said, "compared.svg compared.png\n")
        self.assertEqual({path.name for path in self.folder.iterdir()} - before, {"compared.svg", "compared.png"})
        for text in ("mingru", "minlstm", "training steps", "wall-clock time (minutes)", "validation loss (nats per token)"):
            self.assertIn(text, texts)
        self.assertIn("validation accuracy (%)", self.draw("run", "--y", "accuracy", "--out", "one.png")[1])
        self.assertIn("a_b", self.draw("run", "run", "--labels", "a_b,c", "--out", "run/two")[1])

    def test_a_folder_stands_for_the_runs_in_it_and_files_are_left_out(self):
        self.train(out="sweep/lr=0.1")
        self.train("--mixer", "minlstm", out="sweep/lr=0.01")
        (self.folder / "sweep" / "sweep.svg").write_text("a picture")
        said, texts = self.draw("sweep", "--out", "all")
        self.assertIn("mingru", texts)
        self.assertIn("minlstm", texts)
        self.assertEqual(said, "all.svg all.png\n")
        each = [f"sweep/{name}" for name in ("lr=0.01", "lr=0.1", "sweep.svg")]
        self.assertEqual(self.draw(*each, "--out", "each")[1], texts)
        self.refuses(run("plot", "sweep/sweep.svg", cwd=self.folder), "plot: sweep/sweep.svg holds no metrics.csv")

    def test_runs_are_named_so_that_they_differ(self):
        rows = "step,loss,val_loss,seconds\n10000,2,,3\n20000,1,1.5,6\n"
        self.record("a/x", rows, mixer="mingru")
        self.record("a/y", rows, mixer="mingru")
        self.record("b/y", rows)
        texts = self.draw("a/x", "a/y/")[1]
        self.assertLessEqual({"x", "y", "training loss", "20,000"}, set(texts))
        self.assertLessEqual({"a/y", "b/y"}, set(self.draw("a/y", "b/y")[1]))
        self.record("c/y", rows, task="copy", mixer="mingru")
        self.record("c/z", rows, task="text", mixer="mingru")
        said, texts = self.draw("c/y", "c/z")
        self.assertIn("runs of different tasks: their numbers cannot be compared\n", said)

    def recorded(self, run, last=1, **config):
        """A run with two validations, the second with this loss."""
        self.record(run, f"step,loss,val_loss,seconds\n10,3,4,1\n20,2,3,2\n30,1,{last},3\n", task="copy", **config)

    def test_labels_say_what_differs(self):
        for layers in (1, 2):
            for name in ("mingru", "minlstm"):
                self.recorded(f"{name}{layers}", mixer=name, layers=layers, lr=0.001 * layers)
        said, texts = self.draw("mingru1", "mingru2")
        self.assertLessEqual({"layers 1", "layers 2"}, set(texts))
        self.assertEqual(said, "they also differ in lr\ncompared.svg compared.png\n")
        texts = self.draw("mingru1", "mingru2", "minlstm1", "minlstm2")[1]
        self.assertLessEqual({"mingru, layers 1", "mingru, layers 2", "minlstm, layers 1", "minlstm, layers 2"}, set(texts))
        self.recorded("slow", mixer="mingru", layers=1, lr=0.001, steps=7)
        self.assertIn("steps 7", self.draw("mingru1", "slow")[1])

    def test_seeds_of_one_configuration_are_drawn_as_their_mean_and_range(self):
        for seed in (1, 2, 3):
            self.recorded(f"seed{seed}", last=seed, seed=seed, layers=2)
        self.recorded("other", layers=1, seed=1)
        texts = self.draw("seed1", "seed2", "seed3")[1]
        self.assertLessEqual({"mingru", "range of 3 seeds around their mean"}, set(texts))
        texts = self.draw("seed1", "other", "seed2", "seed3")[1]
        self.assertLessEqual({"layers 1", "layers 2", "range of seeds around their mean"}, set(texts))
        self.assertNotIn("seed1", texts)
        texts = self.draw("seed1", "other", "--labels", "a,a")[1]
        self.assertLessEqual({"a", "range of 2 seeds around their mean"}, set(texts))
        self.record("late", "step,loss,val_loss,seconds\n15,3,4,1\n25,2,3,2\n", task="copy")
        self.refuses(run("plot", "seed1", "late", "--labels", "a,a", cwd=self.folder),
                     "plot: the runs with the label 'a' have no step in common; --labels gives each its own")

    def test_axes_are_cut_to_the_data(self):
        rows = "".join(f"{step},{50 if step < 40 else 2 - step / 2000},\n" for step in range(10, 2001, 10))
        self.record("run", "step,loss,val_loss\n" + rows)
        numbers = {float(text) for text in self.draw("run")[1] if re.fullmatch(r"[\d.]+", text)}
        self.assertNotIn(10, numbers)  # the first steps do not stretch the axis
        self.assertIn(1.4, numbers)

    def test_texts_are_not_run_as_commands(self):
        self.record("run", "step,loss\n10,2\n20,1\n")
        for label in ("a`touch here`b'c\\", "'", "`touch here`", '"', "\\140"):
            self.assertIn(label, self.draw("run", "--labels", label)[1])
        self.assertFalse((self.folder / "here").exists())

    def test_a_run_without_times_is_drawn_against_steps_only(self):
        self.record("old", "step,loss\n10,2\n20,nan\n30,1\n")
        said, texts = self.draw("old")
        self.assertEqual(said, "old/metrics.csv has no column seconds: nothing is drawn against time\ncompared.svg compared.png\n")
        self.assertNotIn("wall-clock time (minutes)", texts)

    def test_what_cannot_be_drawn(self):
        self.record("run", "step,loss,accuracy\n10,2,\n")
        self.record("broken", "step,loss\n10,x\n")
        before = {path.name for path in self.folder.iterdir()}
        refused = [
            (["nowhere"], "plot: nowhere holds no metrics.csv"),
            (["run", "--y", "accuracy"], "plot: run/metrics.csv holds no accuracy yet"),
            (["run", "broken"], "metrics: broken/metrics.csv:2: column loss is 'x', but a number is needed"),
            (["run", "--y", "los"], "scangrad: --y is 'los', but one of loss, accuracy is needed; the nearest is 'loss'"),
            (["run", "--labels", "a,b"], "scangrad: --labels gives 2 names, but there are 1 runs"),
            (["run", "--out", "none/a"],
             "scangrad: --out is 'none/a', but the name of a picture in a folder that exists is needed"),
            ([], f"scangrad: plot needs the folder of a run; {PROGRAM} train copy makes one"),
        ]
        for args, message in refused:
            with self.subTest(args=args):
                self.refuses(run("plot", *args, cwd=self.folder), message)
        self.assertEqual({path.name for path in self.folder.iterdir()}, before)

    def test_a_long_picture_that_cannot_be_written_is_one_line(self):
        """Longer than what a pipe holds."""
        rows = "".join(f"{step},{step % 7},{step % 5},{step}\n" for step in range(8000))
        self.record("big", "step,loss,val_loss,seconds\n" + rows)
        self.draw("big")
        self.refuses(run("plot", "big", "--out", "/proc/fig.png", cwd=self.folder), "plot: /proc/fig.svg cannot be drawn")

    def test_drawing_that_fails_or_is_killed_leaves_nothing(self):
        self.record("run", "step,loss\n10,2\n20,1\n")
        tools = self.folder / "tools"
        tools.mkdir()
        gnuplot, started = tools / "gnuplot", self.folder / "run" / "started"
        before = {path.name for path in self.folder.iterdir()}
        for end in ("echo half a picture\nexit 1", "exit 0", "echo half a picture\nexec sleep 1000"):
            with self.subTest(end=end):
                started.unlink(missing_ok=True)
                gnuplot.write_text(f"#!/bin/sh\n: >{started}\n{end}\n")
                gnuplot.chmod(0o755)
                process = subprocess.Popen([PROGRAM, "plot", "run"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                           env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}, start_new_session=True)
                self.wait_for(started.exists)
                if "exit" in end:
                    self.assertEqual(process.communicate(timeout=60)[1], "plot: ./compared.svg cannot be drawn\n")
                    self.assertEqual(process.returncode, 1)
                else:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.communicate(timeout=60)
                self.assertEqual({path.name for path in self.folder.iterdir()}, before)


if __name__ == "__main__":
    unittest.main(verbosity=1)
