"""Runs scangrad train series, eval and forecast as a user would, from files to pictures, and with every kind of bad input.

    python3 series_test.py build/scangrad
"""
import csv
import json
import math
import random
import re
import signal
import struct
import subprocess
import unittest

from command import PROGRAM, CommandTest, mixers, read_npy, run

TINY = ["--layers", 1, "--dim", 8, "--kernel", 0, "--mlp", 0, "--length", 12, "--horizon", 4, "--batch", 8, "--steps", 60,
        "--warmup", 0, "--lr", 2e-2, "--min-lr", 1e-3, "--eval-every", 20, "--log-every", 10]


def npy(path, kind, shape, numbers):
    """What np.save writes."""
    sizes = "".join(f"{size}, " for size in shape)
    header = f"{{'descr': '<{kind}', 'fortran_order': False, 'shape': ({sizes.strip() if len(shape) == 1 else sizes[:-2]}), }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    code = {"f4": "f", "f8": "d", "i4": "i", "i8": "q"}[kind]
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
                     struct.pack(f"<{len(numbers)}{code}", *numbers))
    return path


class Series(CommandTest):
    def waves(self, name="waves.csv", steps=300):
        """A column of dates, and two waves of 12 steps around 1000 and 5."""
        rows = [(f"2020-{t:04}", 1000 + 10 * math.sin(t * math.pi / 6), 5 + math.cos(t * math.pi / 6)) for t in range(steps)]
        path = self.folder / name
        path.write_text("date,load,wind\n" + "".join(f"{date},{a},{b}\n" for date, a, b in rows))
        return path

    def synthetic(self, steps):
        """Of the columns of the made-up series."""
        path = self.folder / "short.csv"
        path.write_text("temperature,load,wind\n" + "1,2,3\n" * steps)
        return path

    def train(self, *args, out="run"):
        return self.succeeds("train", "series", *TINY, "--out", self.folder / out, *args)

    def test_a_series_is_forecast_better_than_without_a_network(self):
        data = self.waves()
        said = self.train("--data", data, "--columns", "load,wind", "--season", 12, "--steps", 150)
        self.assertIn("mingru on waves.csv: 240 training, 30 validation and 30 test steps of 2 columns; ", said)
        self.assertIn("27 forecasts of 1 to 4 steps ahead, in units of the data\n", said)
        self.assertIn(": over 1000 times that of the season\n", said)  # a wave repeats itself without any error
        self.assertEqual(said.count("  worse\n"), 2)
        self.assertRegex(said, r"\nsimple forecasts: last value \S+, mean \S+, season \S+, moved season \S+ \(12 steps\)\n")
        folder = self.folder / "run"
        scaling = json.loads((folder / "scaling.json").read_text())
        self.assertEqual(scaling["inputs"]["columns"], ["load", "wind"])
        self.assertAlmostEqual(scaling["inputs"]["mean"][0], 1000, delta=1)
        rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
        self.assertEqual({row["accuracy"] + row["val_accuracy"] for row in rows}, {""})
        self.assertNotIn("accuracy", said)
        self.assertRegex(said, r" \S+ time steps/s  ")
        # The same numbers again, at the end and from the folder.
        table = said[said.index("27 forecasts"):said.index(" (mean square")]
        self.assertIn(table, self.succeeds("eval", folder))
        self.assertIn("25 forecasts of 1 to 6 steps", self.succeeds("eval", folder, "--horizon", 6))
        without = self.succeeds("eval", folder, "--season", 0)
        self.assertLess(float(re.search(r"test error .*: (\S+) times that of the (last value|mean|trend)\n", without)[1]), 0.2)
        self.assertNotIn("worse", without)
        other = self.succeeds("eval", folder, "--data", self.waves("other.csv", 50), "--batch", 3)
        self.assertIn("34 forecasts of 1 to 4 steps", other)

    def test_forecasts_come_in_the_units_of_the_data(self):
        data = self.waves()
        self.train("--data", data, "--columns", "load,wind", "--steps", 200)
        out = self.folder / "next.csv"
        said = self.succeeds("forecast", self.folder / "run", "--steps", 30, "--out", out)
        rows = list(csv.DictReader(out.read_text().splitlines()))
        self.assertEqual(len(rows), 30)
        for t, row in enumerate(rows[:6], 300):
            self.assertAlmostEqual(float(row["load"]), 1000 + 10 * math.sin(t * math.pi / 6), delta=4)
            self.assertAlmostEqual(float(row["wind"]), 5 + math.cos(t * math.pi / 6), delta=0.4)
        if "no picture drawn" not in said:
            self.assertEqual(said, f"{out} {out.with_suffix('.svg')} {out.with_suffix('.png')}\n")
            self.assertIn("wind", out.with_suffix(".svg").read_text())
            self.assertEqual(out.with_suffix(".png").read_bytes()[:4], b"\x89PNG")
        # The same from an array, and by default in the run's folder.
        self.succeeds("forecast", self.folder / "run", "--steps", 30, "--out", self.folder / "next.npy")
        shape, numbers = read_npy(self.folder / "next.npy", "d")
        self.assertEqual(shape, (30, 2))
        self.assertEqual(numbers[0], float(rows[0]["load"]))
        self.succeeds("forecast", self.folder / "run")
        self.assertEqual(len((self.folder / "run" / "forecast.csv").read_text().splitlines()), 1 + 4)
        # What was known is forecast from what was before it.
        said = self.succeeds("forecast", self.folder / "run", "--steps", 8, "--back", 6, "--out", out)
        self.assertRegex(said, r"load: mean squared error \S+, mean absolute error \S+ in the 6 steps that are known\n")
        self.assertNotIn("trained on", said)
        said = self.succeeds("forecast", self.folder / "run", "--steps", 80, "--back", 90)
        self.assertIn("in the 80 steps that are known\n30 of these steps were trained on: they say little about others\n", said)
        shorter = self.waves("shorter.csv", 294)
        before = out.read_text()
        self.succeeds("forecast", self.folder / "run", "--data", shorter, "--steps", 8, "--out", out)
        self.assertEqual(out.read_text(), before)

    def test_an_array_is_a_series_too(self):
        numbers = [math.sin(t * math.pi / 6) + c for t in range(200) for c in range(3)]
        for kind in ("f4", "f8"):
            said = self.train("--data", npy(self.folder / "x.npy", kind, (200, 3), numbers), "--columns", "2,0", "--force")
            self.assertIn("160 training, 20 validation and 20 test steps of 2 columns", said)
        whole = npy(self.folder / "whole.npy", "i8", (100,), [t % 5 for t in range(100)])
        self.assertIn("test steps of 1 column; 1 layer, ", self.train("--data", whole, "--force"))

    def test_a_series_that_never_changes_has_baselines_without_error(self):
        said = self.train("--data", self.synthetic(200), "--season", 1)
        self.assertIn(": that of the last value is 0\n", said)

    def test_without_data_a_series_is_made_up_whose_best_forecasts_are_known(self):
        said = self.train("--validation-windows", 50)
        self.assertIn("mingru on a made-up series: 8000 training", said)
        self.assertIn("997 forecasts of 1 to 4 steps ahead", said)
        self.assertIn(" (168 steps)\n", said)
        error = float(re.search(r"test error (\S+) ", said)[1])
        least = float(re.search(r"the best forecasts that this source allows have (\S+)\n", said)[1])
        self.assertLess(least, error)
        self.assertIn(f"test error {error:.4f}", self.succeeds("eval", self.folder / "run"))

    def test_the_same_bits_with_any_number_of_threads_and_after_a_resumption(self):
        data = self.waves()
        options = ["--data", data, "--columns", "load,wind", "--lr", 1e-3, "--min-lr", 1e-3]
        self.train(*options, "--threads", 1, out="whole")
        self.train(*options, "--threads", 3, "--steps", 33, "--eval-every", 0, out="part")
        config = self.folder / "part" / "config.json"
        config.write_text((self.folder / "whole" / "config.json").read_text())
        self.succeeds("train", "series", "--resume", self.folder / "part", "--threads", 1)
        weights = [(self.folder / out / "model.safetensors").read_bytes() for out in ("whole", "part")]
        self.assertEqual(*weights)

    def test_ctrl_c_saves_and_says_how_to_resume(self):
        process = subprocess.Popen([PROGRAM, "train", "series", *map(str, TINY), "--steps", "1000000", "--out",
                                    self.folder / "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.wait_for(lambda: (self.folder / "run" / "model.safetensors").exists())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertTrue(out.endswith(f"saved; to resume: {PROGRAM} train series --resume {self.folder / 'run'}\n"), out)
        step = int(re.search(r"interrupted after (\d+) steps", out)[1])
        self.assertIn(f"trained after {step + 5} steps",
                      self.succeeds("train", "series", "--resume", self.folder / "run", "--steps", step + 5))

    def sequences(self, classes=True, per_step=False):
        """Noise whose first step tells the label; padding that would spoil everything."""
        rng = random.Random(1)
        x, y, lengths = [], [], []
        for _ in range(120):
            first, length = rng.uniform(-1, 1), rng.randint(3, 8)
            for t in range(8):
                x += [first if t == 0 else rng.gauss(0, 0.1) if t < length else math.nan, float(t == 0)]
            label = int(first > 0) if classes else 50 + 5 * first
            y += [label] * (8 if per_step else 1)
            lengths.append(length)
        npy(self.folder / "x.npy", "f4", (120, 8, 2), x)
        npy(self.folder / "y.npy", "i8" if classes else "f8", (120, 8) if per_step else (120,), y)
        npy(self.folder / "n.npy", "i4", (120,), lengths)
        return ["--data", self.folder / "x.npy", "--labels", self.folder / "y.npy", "--lengths", self.folder / "n.npy"]

    def test_sequences_are_classified_by_every_head(self):
        for head in ("last", "mean", "step"):
            with self.subTest(head=head):
                files = self.sequences(per_step=head == "step")
                said = self.train(*files, "--head", head, "--steps", 150, "--test-share", 0.25, out=head)
                self.assertIn("mingru on x.npy: 78 training, 12 validation and 30 test sequences, 2 classes; ", said)
                accuracy = re.search(r"test accuracy (\S+) % on 30 unseen sequences .* the most frequent class has (\S+) %\n", said)
                self.assertGreater(float(accuracy[1]), float(accuracy[2]) + 20)
                self.assertIn(accuracy[0], self.succeeds("eval", self.folder / head))
                self.assertIn("on 120 unseen sequences", self.succeeds("eval", self.folder / head, *files))
                rows = list(csv.DictReader((self.folder / head / "metrics.csv").read_text().splitlines()))
                self.assertTrue(all(row["accuracy"] for row in rows))

    def test_real_labels_are_measured(self):
        said = self.train(*self.sequences(classes=False), "--head", "mean", "--steps", 150)
        self.assertIn("test sequences, 1 number a label; ", said)
        self.assertLess(float(re.search(r"test error .*: (\S+) times that of the mean\n", said)[1]), 0.5)
        self.assertIn(re.search(r"test error .*\n", said)[0], self.succeeds("eval", self.folder / "run"))

    def test_curves_say_what_the_loss_is(self):
        self.train("--validation-windows", 20)
        self.train(*self.sequences(), out="classes")
        curve = self.folder / "run" / "curve.svg"
        if not curve.exists():
            self.skipTest("there is no gnuplot")
        self.assertIn("loss (mean squared error)", curve.read_text())
        self.assertNotIn("accuracy", curve.read_text())
        self.assertIn("loss (nats per label)", (self.folder / "classes" / "curve.svg").read_text())
        self.succeeds("plot", self.folder / "run", "--out", self.folder / "one")
        self.assertIn("loss (mean squared error)", (self.folder / "one.svg").read_text())

    def test_what_is_no_series_touches_nothing(self):
        data, x = self.waves(), self.folder / "cube.npy"
        npy(x, "f4", (2, 2, 2), range(8))
        gap = self.folder / "gap.csv"
        gap.write_text("a,b\n1,2\n3,\n")
        refused = [
            (["--data", data], f"csv: {data}:2: column date is '2020-0000', but a number is needed"),
            (["--data", data, "--columns", "lod"], f"table: {data} has no column 'lod'; the nearest is 'load'"),
            (["--data", gap], f"csv: {gap}:3: column b is missing; every value is needed, fill it in or leave the row out"),
            (["--data", x], f"series: {x} has shape [2, 2, 2], but (T, F) or (T) with at least one step is needed"),
            (["--data", self.folder / "no.npy"], f"file: {self.folder / 'no.npy'} cannot be read: No such file or directory"),
            (["--data", data, "--columns", "load", "--length", 240],
             "series: the training part of waves.csv has 240 steps, but a window needs 244"),
            (["--data", data, "--columns", "load", "--test-share", 0.01],
             "series: the test part of waves.csv has 3 steps, but forecasts 4 steps ahead need as many"),
            (["--data", data, "--columns", "load", "--validation-share", 0.7, "--test-share", 0.4],
             "series: waves.csv has 300 steps, of which none is left to train on"),
            (["--horizon", 0], "series: horizon is 0, but at least 1 is needed"),
            (["--lengths", x], "scangrad: option '--lengths' does not belong to this task; it is an option of train sequences"),
            (["--labels", x], "scangrad: --labels needs the sequences they belong to: --data x.npy"),
            (["--data", x, "--labels", x, "--columns", "a"], "scangrad: option '--columns' does not belong to this task; it is an option of train series"),
            (["--labels", x, "--head", "lst"], "scangrad: --head is 'lst', but one of last, mean, step is needed; the nearest is 'last'"),
            ([*self.sequences(), "--test-share", 0], "sequences: none of 120 is for the test, but at least one is needed"),
        ]
        for args, message in refused:
            with self.subTest(message=message):
                self.refuses(run("train", "series", *TINY, "--out", self.folder / "x", *args), message)
        result = run("train", "series", *TINY, "--out", self.folder / "x", "--positions", 3)
        self.assertTrue(result.stderr.startswith(  # and every other task on tokens
            "scangrad: option '--positions' does not belong to this task; it is an option of train copy, train text"))
        self.assertFalse((self.folder / "x").exists())

    def test_what_eval_and_forecast_cannot_do(self):
        folder, labelled = self.folder / "run", self.folder / "labelled"
        self.train("--validation-windows", 20, "--eval-every", 0)
        files = self.sequences()
        self.train(*files, "--eval-every", 0, out="labelled")
        self.assertEqual(run("train", "copy", "--length", 8, "--tokens", 2, "--layers", 1, "--dim", 4, "--steps", 2, "--batch", 2,
                             "--test-examples", 4, "--validation-examples", 4, "--out", self.folder / "copy").returncode, 0)
        data = self.waves()
        columns = "temperature, load, wind"
        takes = "; it takes --data, --length, --horizon, --season, --batch"
        refused = [
            (["eval", folder, "--labels", "y.npy"], f"eval: {folder} is a run of train series, which takes no --labels{takes}"),
            (["eval", folder, "--examples", 3], f"eval: {folder} is a run of train series, which takes no --examples{takes}"),
            (["eval", folder, "--data", self.folder / "n.npy"],
             f"series: n.npy has columns 0, but the network was trained on {columns}"),
            (["eval", folder, "--data", self.synthetic(10)],
             "series: short.csv has 0 steps to evaluate, but forecasts 4 steps ahead need as many"),
            (["eval", labelled, "--data", "x.npy"],
             "eval: other sequences need labels of their own: --data and --labels belong together"),
            (["eval", labelled, "--season", 3],
             f"eval: {labelled} is a run of train sequences, which takes no --season; it takes --data, --labels, --lengths, --batch"),
            (["eval", self.folder / "copy", "--horizon", 3],
             f"eval: {self.folder / 'copy'} is a run of train copy, which takes no --horizon; it takes --length, --examples, --batch"),
            (["sample", folder], f"sample: {folder} is a run of train series, which writes no text; runs of train text do"),
            (["convert", folder, "--to", "lucidrains", "--out", self.folder / "x"],
             f"convert: {folder} is a run of train series, but a run on tokens is needed"),
            (["forecast", self.folder / "copy"],
             f"forecast: {self.folder / 'copy'} is a run of train copy, which makes no forecasts; runs of train series do"),
            (["forecast", labelled], f"forecast: {labelled} is a run of train sequences, which makes no forecasts; runs of train series do"),
            (["forecast", folder, "--steps", -1], "forecast: steps is -1, but at least 1 is needed"),
            (["forecast", folder, "--back", 10000], "forecast: back is 10000, but 0 to 9999 is needed"),
            (["forecast", folder, "--context", -1], "forecast: context is -1, but at least 0 is needed"),
            (["forecast", folder, "--out", "a.txt"],
             "forecast: --out is 'a.txt', but a name that ends in .csv or .npy is needed"),
            (["forecast", folder, "--out", self.folder / "none" / "a.csv"],
             f"atomic_file: cannot write {self.folder / 'none' / 'a.csv'} (No such file or directory)"),
            (["forecast", folder, "--data", data],
             f"csv: {data}:2: column date is '2020-0000', but a number is needed"),
        ]
        for args, message in refused:
            with self.subTest(message=message):
                self.refuses(run(*args), message)
        scaling = folder / "scaling.json"
        scaling.write_text("{}")
        self.refuses(run("forecast", folder), f"scaling: {scaling} does not hold the scaling of a series")
        scaling.unlink()
        self.refuses(run("eval", folder), f"file: {scaling} cannot be read: No such file or directory")

    def test_every_mixer_forecasts(self):
        data = self.waves()
        for mixer in mixers():
            with self.subTest(mixer=mixer):
                self.train("--data", data, "--columns", "load,wind", "--mixer", mixer, out=mixer)
                self.succeeds("forecast", self.folder / mixer, "--steps", 5)
                losses = [float(row["loss"]) for row in csv.DictReader((self.folder / mixer / "metrics.csv").read_text().splitlines())]
                self.assertLess(losses[-1], losses[0])

    def test_help(self):
        for args in (["train", "series"], ["forecast"]):
            self.assertIn("Usage:", self.succeeds(*args, "--help"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
