"""Runs scangrad gates and scangrad plot gates as a user would, and compares what they say with the weights.

    python3 gates_test.py build/scangrad
"""
import csv
import math
import pathlib
import re
import struct
import unittest
from xml.etree import ElementTree

from command import PROGRAM, CommandTest, read_npy, run, tensors

COPY = ["--length", 12, "--tokens", 2, "--vocab", 6, "--dim", 4, "--expansion", 2, "--batch", 4, "--steps", 20, "--warmup", 0,
        "--eval-every", 0, "--validation-examples", 4, "--test-examples", 4]
TEXT = ["--layers", 2, "--dim", 8, "--expansion", 1, "--kernel", 2, "--mlp", 0, "--length", 8, "--batch", 4, "--steps", 20,
        "--warmup", 0, "--eval-every", 0]


def weights_of(path):
    """The arrays of a safetensors file of 32-bit numbers, as lists."""
    return {name: struct.unpack(f"<{len(numbers) // 4}f", numbers) for name, numbers in tensors(path).items()}


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


class Gates(CommandTest):
    def train(self, task, *args, out):
        self.succeeds("train", task, "--out", self.folder / out, *args)
        return self.folder / out

    def text_run(self, *args, out="text"):
        text = self.folder / "input.txt"
        text.write_text("to be or not to be, that is the question: é\n" * 20, encoding="utf-8")
        return self.train("text", "--data", text, *TEXT, *args, out=out)

    def draws(self, *args):
        result = run("plot", "gates", *args)
        if result.stderr == "plot: gnuplot is not installed\n":
            self.skipTest("there is no gnuplot")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        svg, png = (pathlib.Path(name) for name in result.stdout.split())
        self.assertEqual(png.read_bytes()[:4], b"\x89PNG")
        colours = set(re.findall(r"rgb\(\s*\d+,\s*\d+,\s*\d+\)", svg.read_text()))
        self.assertTrue(len(colours) > 5 or "<image" in svg.read_text(), "no colours")
        return ["".join(text.itertext()).strip() for text in ElementTree.parse(svg).iter() if text.tag.endswith("text")]

    def gates_by_hand(self, folder, gates, tokens):
        """Embedding, norm and projection of the first block, in plain Python: a row of gates for each token."""
        weights = weights_of(folder / "model.safetensors")
        D, E = 4, 8
        rows = []
        for token in tokens:
            x = weights["embedding.weight"][token * D:(token + 1) * D]
            rms = math.sqrt(sum(value * value for value in x) / D)
            x = [value / rms * (1 + gamma) for value, gamma in zip(x, weights["blocks.0.norm.gamma"])]
            matrix = weights["blocks.0.mixer.to_hidden_and_gate.weight"]
            bias = weights["blocks.0.mixer.to_hidden_and_gate.bias"]
            rows.append([[bias[g * E + e] + sum(matrix[(g * E + e) * D + d] * x[d] for d in range(D)) for e in range(E)]
                         for g in range(1, gates + 1)])
        return rows

    def test_what_is_exported_follows_from_the_weights(self):
        for mixer, options in (("mingru", []), ("mingru", ["--space", "log"]), ("minlstm", []),
                               ("minlstm", ["--gates", "normalised"]), ("mingru", ["--recompute"])):
            with self.subTest(mixer=mixer, options=options):
                folder = self.train("copy", *COPY, "--layers", 1, "--mixer", mixer, *options, "--force", out="run")
                out = self.folder / "gates"
                said = self.succeeds("gates", folder, "--example", 2, "--out", out)
                self.assertIn(f"{mixer} reading test example 2, 14 steps\n", said)
                rows = list(csv.DictReader((out / "steps.csv").read_text().splitlines()))
                tokens = [{"·": 5, "?": 0}.get(row["token"]) or int(row["token"].replace("?", "0")) for row in rows]
                by_hand = self.gates_by_hand(folder, 1 if mixer == "mingru" else 2, tokens)
                shape, keep = read_npy(out / "layer0_keep.npy", "f")
                _, write = read_npy(out / "layer0_write.npy", "f")
                _, left = read_npy(out / "layer0_left.npy", "f")
                self.assertEqual(shape, (14, 8))
                product = [1.0] * 8
                for t, gates in enumerate(by_hand):
                    for e in range(8):
                        if mixer == "mingru":
                            expected = (1 - sigmoid(gates[0][e]), sigmoid(gates[0][e]))
                        else:
                            expected = (sigmoid(gates[0][e]), sigmoid(gates[1][e]))
                            if options:
                                expected = tuple(gate / sum(expected) for gate in expected)
                        self.assertAlmostEqual(keep[t * 8 + e], expected[0], places=5)
                        self.assertAlmostEqual(write[t * 8 + e], expected[1], places=5)
                        product[e] *= expected[0]
                        self.assertAlmostEqual(left[t * 8 + e], product[e], places=5)
                self.assertAlmostEqual(float(rows[3]["keep_mean"]), sum(keep[24:32]) / 8, places=5)
                self.assertAlmostEqual(float(rows[3]["write_max"]), max(write[24:32]), places=5)
                self.assertAlmostEqual(float(rows[3]["write_open"]), sum(gate > 0.9 for gate in write[24:32]) / 8, places=5)
                # How far one has to go back from the last step.
                horizon = read_npy(out / "layer0_horizon.npy", "f")[1][13 * 8:]
                for e in range(8):
                    product, steps = 1.0, 0
                    while steps < 14 and product >= math.exp(-1):
                        product *= keep[(13 - steps) * 8 + e]
                        steps += 1
                    self.assertLessEqual(horizon[e], steps + 1e-4)
                    self.assertGreater(horizon[e], steps - 1 - 1e-4)
                self.assertEqual(read_npy(out / "layer0_h0_gradient.npy", "f")[0], (8,))

    def test_every_layer_of_a_text_is_told(self):
        folder = self.text_run()
        out = self.folder / "new" / "gates"
        said = self.succeeds("gates", folder, "--text", "to be\né", "--out", out)
        self.assertIn("mingru reading a text, 8 steps\n", said)
        self.assertEqual([line.split()[0] for line in said.splitlines()[2:4]], ["0", "1"])
        for word in said.splitlines()[1].replace("|", " ").split()[1:]:  # the legend explains every column
            if word not in ("least", "largest"):
                self.assertRegex(said, rf"\n  {word} +\w")
        rows = list(csv.DictReader((out / "steps.csv").read_text(encoding="utf-8").splitlines()))
        self.assertEqual([row["token"] for row in rows], ["t", "o", "␣", "b", "e", "↵", "c3", "a9"] * 2)
        self.assertEqual([row["layer"] for row in rows], ["0"] * 8 + ["1"] * 8)
        self.assertEqual(len(list(out.iterdir())), 2 * 5 + 1)
        half = self.succeeds("gates", folder, "--text", "to be", "--level", 0.999)
        self.assertLess(float(half.splitlines()[2].split("|")[2].split()[0]), 0.1)
        self.assertLessEqual(max(map(len, half.splitlines())), 80)

    def test_gru_and_lstm_have_gates_too_and_others_say_so(self):
        for mixer in ("gru", "lstm"):
            self.assertIn(f"{mixer} reading", self.succeeds("gates", self.train("copy", *COPY, "--layers", 2, "--mixer", mixer, out=mixer)))
        for mixer in ("mamba", "elman", "attention"):
            folder = self.train("copy", *COPY, "--layers", 1, "--mixer", mixer, out=mixer)
            refused = run("gates", folder)
            self.assertEqual((refused.returncode, refused.stdout), (1, ""))
            self.assertRegex(refused.stderr, rf"^gates: {mixer} has none to show; mingru, minlstm, gru, lstm[a-z, ]* have\n$")

    def test_gates_are_drawn_over_what_was_read(self):
        folder = self.text_run()
        before = {path.name for path in self.folder.iterdir()}
        texts = self.draws(folder, "--text", "to be \"'\\_^{é}", "--out", self.folder / "means.png")
        self.assertEqual({path.name for path in self.folder.iterdir()} - before, {"means.svg", "means.png"})
        for text in ("What mingru keeps of its state, reading a text: means over channels", "layer 0", "layer 1",
                     *"tobe\"'\\_^{}␣"):
            self.assertIn(text, texts)
        self.assertTrue(any(text.endswith("   share that is kept") for text in texts))
        texts = self.draws(folder, "--text", "to be " * 30, "--layer", 1, "--show", "write")  # in three lines, in the run's folder
        self.assertEqual(texts.count("8 channels of layer 1"), 3)
        self.assertIn("1   share that is written", texts)
        self.assertTrue((folder / "gates.svg").exists())
        copy = self.train("copy", *COPY, "--layers", 1, out="copy")
        self.draws(folder, "--text", "t")  # one step
        texts = self.draws(copy, "--show", "horizon", "--out", self.folder / "horizon")
        self.assertLessEqual({"How long mingru remembers, reading test example 0: means over channels", "·", "?", "1", "14   steps until 1/e is left"}, set(texts))

    def test_the_end_of_a_series_is_read(self):
        folder = self.train("series", "--layers", 1, "--dim", 4, "--length", 8, "--horizon", 1, "--batch", 2, "--steps", 4, "--warmup", 0,
                            "--eval-every", 0, "--validation-windows", 4, out="series")
        self.assertIn("mingru reading the end of a made-up series, 8 steps\n", self.succeeds("gates", folder))
        self.assertIn("9995", self.draws(folder, "--steps", 5))
        self.refuses(run("gates", folder, "--steps", 20000), "gates: steps is 20000, but 1 to 10000 is needed")
        self.refuses(run("gates", folder, "--steps", -1), "gates: steps is -1, but 1 to 10000 is needed")

    def test_what_cannot_be_shown_is_named(self):
        text, copy = self.text_run(), self.train("copy", *COPY, "--layers", 1, out="copy")
        file = self.folder / "input.txt"
        refused = [
            (["gates", text], f"gates: {text} was trained on a text, so --text \"...\" is needed"),
            (["gates", copy, "--text", "a"], f"gates: {copy} is a run of train copy, which takes no --text; it takes --example"),
            (["gates", copy, "--steps", 3], f"gates: {copy} is a run of train copy, which takes no --steps; it takes --example"),
            (["gates", text, "--text", "a", "--example", 1], f"gates: {text} is a run of train text, which takes no --example; it takes --text"),
            (["gates", copy, "--example", -1], "gates: example is -1, but at least 0 is needed"),
            (["gates", copy, "--level", 1], "gates: level is 1, but more than 0 and less than 1 is needed"),
            (["gates", copy, "--out", file], f"gates: --out is '{file}', but a folder is needed"),
            (["gates", self.folder / "none"], f"run: {self.folder / 'none'} is no folder, but the folder of a run is needed"),
            (["gates"], f"scangrad: gates needs the folder of a run; {PROGRAM} train copy makes one"),
            (["plot", "gates", copy, "--show", "kep"],
             "scangrad: --show is 'kep', but one of keep, write, horizon is needed; the nearest is 'keep'"),
            (["plot", "gates", copy, "--layer", 1], "plot: layer is 1, but 0 to 0 is needed"),
            (["plot", "gates", copy, "--layer", -2], "plot: layer is -2, but 0 to 0 is needed"),
            (["plot", "gates", copy, "--out", "none/a"],
             "scangrad: --out is 'none/a', but the name of a picture in a folder that exists is needed"),
            (["plot", "gates", text, "--text", "a" * 801], "plot: the input has 801 steps, but a picture shows at most 800"),
        ]
        for args, message in refused:
            with self.subTest(message=message):
                self.refuses(run(*args), message)

    def test_labelled_series_have_no_gates_to_draw(self):
        header = "{'descr': '<f4', 'fortran_order': False, 'shape': (20, 3), }" + " " * 57 + "\n"
        x = self.folder / "x.npy"
        x.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<60f", *range(60)))
        header = header.replace("f4", "i8").replace("(20, 3)", "(20,)  ")
        y = self.folder / "y.npy"
        y.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<20q", *([0, 1] * 10)))
        folder = self.train("series", "--data", x, "--labels", y, "--layers", 1, "--dim", 4, "--batch", 2, "--steps", 4, "--warmup", 0,
                            "--eval-every", 0, out="run")
        self.refuses(run("gates", folder), f"gates: {folder} is a run of train sequences, which has no gates to show; runs of train copy, text, series do")

    def test_help(self):
        for args in (["gates"], ["plot", "gates"]):
            self.assertIn("Usage:", self.succeeds(*args, "--help"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
