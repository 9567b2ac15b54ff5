"""Runs `scangrad convert` as a user would: a run to published weights and back, and every kind of bad input.

    python3 convert_test.py build/scangrad
"""
import json
import math
import re
import unittest

from command import PROGRAM, CommandTest, run, tensors

SMALL = ["--layers", 1, "--dim", 8, "--batch", 4, "--steps", 3, "--warmup", 0, "--eval-every", 0]
TEXT = ["train", "text", *SMALL, "--length", 16, "--validation-windows", 2]
COPY = ["train", "copy", *SMALL, "--length", 20, "--vocab", 6, "--tokens", 16, "--validation-examples", 8,
        "--test-examples", 8]
LUCIDRAINS = ["--expansion", 1.5, "--mlp", 4, "--norm", "torch-rms", "--no-bias", "--no-learned-h0"]
BOREALIS = ["--mlp", 2, "--mlp-kind", "geglu", "--norm", "batch", "--kernel", 4]


def write(path, shapes):
    """A safetensors file of zeros."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))


def minlm(vocab, **others):
    """Names and shapes of a minLM of one layer, and width 2."""
    shapes = {"token_emb.weight": [vocab, 2], "layers.0.1.weight": [2], "layers.0.2.to_hidden_and_gate.weight": [6, 2],
              "layers.0.2.to_out.weight": [2, 3], "layers.0.3.weight": [2], "layers.0.4.0.weight": [8, 2],
              "layers.0.4.0.bias": [8], "layers.0.4.2.weight": [2, 8], "layers.0.4.2.bias": [2], "norm.weight": [2],
              "to_logits.weight": [vocab, 2]}
    return {name: shape for name, shape in {**shapes, **others}.items() if shape}


class Convert(CommandTest):
    def setUp(self):
        super().setUp()
        self.run_folder, self.file, self.again = (self.folder / name for name in ("run", "theirs", "again"))

    def does(self, *args):
        result = run(*args)
        self.assertEqual((result.returncode, result.stderr if args[0] != "sample" else ""), (0, ""))
        return result.stdout

    def refuses_to_convert(self, message, *args):
        """One line on stderr, exit status 1, and nothing new in the folder."""
        before = sorted(self.folder.rglob("*"))
        result = run("convert", *args)
        self.assertEqual((result.returncode, result.stderr), (1, message + "\n"))
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_a_run_on_a_text_goes_to_lucidrains_and_back(self):
        self.does(*TEXT, *LUCIDRAINS, "--kernel", 3, "--out", self.run_folder)
        said = self.does("convert", self.run_folder, "--to", "lucidrains", "--out", self.file)
        self.assertRegex(said, rf"^\d+ parameters in {self.file}\n$")
        said = self.does("convert", self.file, "--out", self.again)
        self.assertRegex(said, rf"^lucidrains' mingru: 1 layer, width 8, 256 tokens; \d+ parameters in {self.again}\n"
                               rf"to write text: {PROGRAM} sample {self.again}\n$")
        self.assertEqual(tensors(self.again / "model.safetensors"), tensors(self.run_folder / "model.safetensors"))
        for command in (["eval", "--length", 16], ["sample", "--prompt", "a", "--tokens", 9]):
            first, second = (self.does(command[0], folder, *command[1:]) for folder in (self.run_folder, self.again))
            self.assertEqual(first, second)
        self.does("convert", self.again, "--to", "lucidrains", "--out", self.folder / "back")
        self.assertEqual((self.folder / "back").read_bytes(), self.file.read_bytes())

        on = self.does("train", "text", "--resume", self.again, "--steps", 2, "--length", 16, "--batch", 4,
                       "--validation-windows", 2)
        self.assertIn("trained after 2 steps", on)
        self.assertNotEqual(tensors(self.again / "model.safetensors"), tensors(self.run_folder / "model.safetensors"))

    def test_a_run_on_selective_copying_goes_to_borealis_and_back(self):
        self.does(*COPY, *BOREALIS, "--mixer", "minlstm", "--gates", "normalised", "--out", self.run_folder)
        said = self.does("convert", self.run_folder, "--to", "borealis", "--out", self.file)
        self.assertRegex(said, rf"^\d+ parameters in {self.file}\nto be loaded with use_coeff_norm: True\n$")
        said = self.does("convert", self.file, "--task", "copy", "--use-coeff-norm", "--out", self.again)
        self.assertRegex(said, r"^borealis' minlstm: 1 layer, width 8, 6 tokens; \d+ parameters in .*again\n$")
        self.assertEqual(tensors(self.again / "model.safetensors"), tensors(self.run_folder / "model.safetensors"))
        results = [self.does("eval", folder, "--length", 20, "--examples", 8) for folder in (self.run_folder, self.again)]
        self.assertEqual(*(re.sub(r" \(trained on \d+\)", "", result) for result in results))

    def test_weights_in_bf16_have_half_the_size(self):
        self.does(*TEXT, *LUCIDRAINS, "--out", self.run_folder)
        said = self.does("convert", self.run_folder, "--weights", "bf16", "--out", self.again)
        self.assertRegex(said, rf"^\d+ parameters in {self.again}, weights in bf16\n$")
        size = lambda file: sum(map(len, tensors(file).values()))
        model = "model.safetensors"
        self.assertLess(size(self.again / model), 0.6 * size(self.run_folder / model))
        self.assertEqual(sorted(file.name for file in self.again.iterdir()), ["config.json", "lock", model, "vocab.json"])
        self.does("sample", self.again, "--weights", "bf16", "--tokens", 9)
        loss = lambda folder: float(re.search(r"[\d.]+ nats", self.does("eval", folder, "--length", 16))[0].split()[0])
        self.assertAlmostEqual(loss(self.again), loss(self.run_folder), delta=0.01)

        self.does("convert", self.run_folder, "--to", "lucidrains", "--weights", "bf16", "--out", self.file)
        self.assertLess(size(self.file), 0.6 * size(self.run_folder / model))
        self.does("convert", self.file, "--out", self.folder / "back")
        self.assertEqual(tensors(self.folder / "back" / model).keys(), tensors(self.run_folder / model).keys())

        self.refuses_to_convert(f"convert: {self.file} is no run, but --weights bf16 is for runs", self.file,
                     "--weights", "bf16", "--out", self.folder / "x")
        self.refuses_to_convert(f"convert: {self.run_folder} is the run itself, but another folder is needed",
                     self.run_folder, "--weights", "bf16", "--force", "--out", self.run_folder)
        resumed = run("train", "--resume", self.again, "--steps", 3)
        self.assertEqual((resumed.returncode, resumed.stderr),
                         (1, f"run: {self.again} holds no train.safetensors, so there is nothing to resume: its weights "
                             "can only be used\n"))

    def test_tokens_are_bytes_characters_or_numbers(self):
        text = self.folder / "text"
        text.write_text("abc\n" * 200)
        for vocab, data, level in ((256, [], "bytes"), (4, [], "ids"), (4, ["--data", text], "char"),
                                   (256, ["--data", text], "bytes")):
            write(self.file, minlm(vocab))
            said = self.does("convert", self.file, "--out", self.again, "--force", *data)
            self.assertEqual("to train or evaluate it: convert with --data" in said, level == "ids")
            config = json.loads((self.again / "config.json").read_text())
            self.assertEqual((config["level"], config["data"]), (level, str(text) if data else ""))
            self.assertEqual(json.loads((self.again / "vocab.json").read_text())["size"], vocab)
        self.assertIn(" nats a token", self.does("eval", self.again))

    def test_a_folder_holds_ids_of_the_vocabulary(self):
        data = self.folder / "data"
        data.mkdir()
        for name in ("train.bin", "val.bin"):
            (data / name).write_bytes(bytes((3, 0)) * 300)
        write(self.file, minlm(4))
        self.does("convert", self.file, "--out", self.again, "--data", data)
        self.assertIn(" nats a token", self.does("eval", self.again))
        write(self.file, minlm(3))
        self.refuses_to_convert(f"text: {data} holds id 3, but the vocabulary has 3 ids", self.file, "--data", data,
                     "--out", self.folder / "other")

    def test_what_cannot_be_converted(self):
        text = self.folder / "text"
        text.write_text("abc\n")
        write(self.file, minlm(5))
        ids = {"token_emb.weight": [5, 2], "norm.gamma": [2], "to_out.weight": [3, 2],
               "layers.0.2.to_hidden_and_gate.weight": [4, 2], "layers.0.2.to_out.weight": [2, 2]}
        write(self.folder / "classes", ids)
        write(self.folder / "renamed", minlm(5, **{"layers.0.3.weight": None, "layers.0.3.scale": [2]}))
        self.does(*COPY, "--out", self.run_folder)
        out = ["--out", self.again]
        refused = [
            (["--to", "lucidrains", *out], f"convert: {self.file} is no run, but --to is for runs"),
            (["--task", "txt", *out], "convert: task is 'txt', but one of copy, text is needed"),
            (["--use-coeff-norm", *out],
             f"convert: --use-coeff-norm is an option of BorealisAI's minLSTM, but {self.file} holds lucidrains' mingru"),
            (["--data", self.folder / "x", *out],
             f"file: {self.folder / 'x'} cannot be read: No such file or directory"),
            (["--data", text, "--task", "copy", *out], "convert: --data is a text, but --task is copy"),
            (["--data", text, *out], f"convert: the weights have 5 tokens, but {text} has 4 characters"),
            (["--out", self.run_folder],
             f"run: {self.run_folder} exists and is not empty; --resume continues the run in it, --force replaces it"),
        ]
        for args, message in refused:
            self.refuses_to_convert(message, self.file, *args)
        self.refuses_to_convert(f"convert: {self.folder / 'classes'} answers 5 tokens with 3 classes, but a run answers with tokens",
                     self.folder / "classes", *out)
        self.refuses_to_convert(f"safetensors: {self.folder / 'renamed'} lacks layers.0.3.weight, and has unexpected "
                     '"layers.0.3.scale"', self.folder / "renamed", *out)
        self.refuses_to_convert(f"safetensors: cannot open {self.folder / 'x'} (No such file or directory)", self.folder / "x", *out)
        self.refuses_to_convert(f"convert: {self.run_folder} is a run, so --to and one of lucidrains, lucidrains-gamma, borealis is "
                     "needed, or --weights bf16", self.run_folder, *out)
        for option in (["--task", "text"], ["--data", text], ["--use-coeff-norm"]):
            self.refuses_to_convert(f"convert: {self.run_folder} is a run, but {option[0]} is for published weights",
                         self.run_folder, "--to", "borealis", *option, *out)
        self.refuses_to_convert(f"convert: {text} exists; --force replaces it", self.run_folder, "--to", "borealis", "--out", text)
        self.assertEqual(text.read_text(), "abc\n")
        self.refuses_to_convert("foreign_weights: lucidrains has no such network; it would take --mlp 4, --no-bias, --no-learned-h0",
                     self.run_folder, "--to", "lucidrains", *out)


if __name__ == "__main__":
    unittest.main(verbosity=1)
