"""Runs the scangrad program as a user would: a tiny run from start to evaluation, and every kind of bad input.

    python3 program_test.py build/scangrad
"""
import csv
import json
import os
import re
import shutil
import subprocess
import unittest

from command import PROGRAM, TINY, CommandTest, mixers, run, tasks


class Program(CommandTest):
    def train(self, *args, out="run"):
        return run("train", "copy", *TINY, "--out", self.folder / out, *args)

    def test_a_run_leaves_what_it_says(self):
        result = self.train()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"test accuracy \d+\.\d\d % on 16 unseen examples")
        folder = self.folder / "run"
        names = {p.name for p in folder.iterdir()}
        self.assertLessEqual({"config.json", "metrics.csv", "metrics.jsonl", "model.safetensors", "train.safetensors"}, names)
        self.assertEqual(json.loads((folder / "config.json").read_text())["dim"], 8)
        rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
        self.assertEqual([row["step"] for row in rows], ["5", "10", "15", "20", "25", "30"])
        self.assertEqual([bool(row["val_accuracy"]) for row in rows], [False, True] * 3)
        seconds = [float(row["seconds"]) for row in rows]
        self.assertEqual(seconds, sorted(seconds))
        self.assertEqual(len([name for name in names if name.startswith("events.out.tfevents.")]), 1)
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual([line["step"] for line in lines], [5, 10, 15, 20, 25, 30])
        if "no curve drawn" not in result.stdout:
            self.assertLessEqual({"curve.svg", "curve.png"}, names)

        tested = run("eval", folder)
        self.assertEqual(tested.returncode, 0, tested.stderr)
        accuracy = next(line for line in result.stdout.splitlines() if line.startswith("test accuracy")).split()[2]
        self.assertIn(f"test accuracy {accuracy} % on 16 unseen examples of length 12 (trained on 12)", tested.stdout)
        longer = run("eval", folder, "--length", 30, "--examples", 4)
        self.assertIn("on 4 unseen examples of length 30 (trained on 12)", longer.stdout)

    def test_the_same_seed_gives_the_same_weights_with_any_number_of_threads(self):
        for threads, out in (("1", "a"), ("3", "b")):
            self.assertEqual(self.train("--threads", threads, "--eval-every", 0, out=out).returncode, 0)
        weights = [(self.folder / out / "model.safetensors").read_bytes() for out in "ab"]
        self.assertEqual(*weights)

    def test_a_configuration_that_asks_for_too_much_costs_nothing(self):
        self.train()
        config = self.folder / "run" / "config.json"
        config.write_text(re.sub(r'"dim": \d+', '"dim": 1000000', config.read_text()))
        result = run("eval", self.folder / "run")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^params: embedding.weight has shape \[6, 1000000\], but at most \d{5} more numbers are allowed "
                                        r"by .*/run/model.safetensors\n$")

    def test_a_text_is_learned_written_and_judged(self):
        text = self.folder / "input.txt"
        text.write_text("to be or not to be, that is the question.\n" * 40, encoding="utf-8")
        sizes = ["--layers", 1, "--dim", 16, "--length", 16, "--batch", 8, "--steps", 150, "--eval-every", 50,
                 "--warmup", 0, "--lr", 2e-2, "--min-lr", 1e-3]
        for level in ("bytes", "char"):
            out = self.folder / level
            trained = run("train", "text", "--data", text, "--level", level, *sizes, "--out", out)
            self.assertEqual(trained.returncode, 0, trained.stderr)
            loss = float(re.search(r"validation loss (\d\.\d+) nats a token", trained.stdout)[1])
            self.assertLess(loss, 1.0)
            judged = run("eval", out)
            self.assertIn(f"loss {loss:.4f} nats a token", judged.stdout)
            self.assertIn("bits per byte", judged.stdout)
            self.assertIn("on 1679 tokens", run("eval", out, "--data", text).stdout)
            written = run("sample", out, "--prompt", "to be", "--tokens", 50, "--temperature", 0)
            self.assertTrue(written.stdout.startswith("to be"), written.stderr)
            self.assertEqual(len(written.stdout), 5 + 50 + 1)
            rounded = run("sample", out, "--prompt", "to be", "--tokens", 50, "--temperature", 0, "--weights", "bf16")
            self.assertEqual(rounded.returncode, 0, rounded.stderr)
            self.assertRegex(rounded.stdout, "^to be")
            again = run("sample", out, "--prompt", "to be", "--tokens", 50, "--temperature", 0, "--threads", 1)
            self.assertEqual(written.stdout, again.stdout)
        self.refuses(run("sample", out, "--prompt", "na\u00efve"),
                     "text: the prompt holds '\u00ef' (U+00EF) at byte 2, which is not in the vocabulary of 16 characters")
        self.refuses(run("sample", out, "--prompt", ""), "sample: the prompt is empty, but at least one token is needed")
        self.refuses(run("sample", out, "--top-p", 0),
                     "sampler: top_p is 0, but more than 0 and at most 1 is needed")

    def test_texts_that_are_none(self):
        text = self.folder / "a.txt"
        refused = [
            (None, f"file: {text} cannot be read: No such file or directory"),
            (b"", f"file: {text} is empty"),
            (b"short", "text: the training part has 4 tokens, but a window needs 129"),
            (b"ab\0c", f"text: {text} holds a zero byte at 2, so it is no text"),
        ]
        for content, message in refused:
            with self.subTest(message=message):
                if content is not None:
                    text.write_bytes(content)
                self.refuses(run("train", "text", "--data", text, "--out", self.folder / "x"), message)
        self.assertFalse((self.folder / "x").exists())

    def test_products_in_bf16_train_and_resume_in_float_and_back(self):
        out = self.folder / "bf16"
        trained = run("train", "copy", *TINY, "--precision", "bf16", "--steps", 4, "--out", out)
        self.assertEqual(trained.returncode, 0, trained.stderr)
        self.assertRegex(trained.stdout, r"\nbf16: (vdpbf16ps|rounded, then multiplied as floats.*)\n")
        self.assertEqual(json.loads((out / "config.json").read_text())["precision"], "bf16")
        for precision, was, steps in (("float", "bf16", 6), ("bf16", "float", 8)):
            resumed = run("train", "--resume", out, "--precision", precision, "--steps", steps)
            self.assertEqual(resumed.returncode, 0, resumed.stderr)
            self.assertIn(f'precision "{precision}" (was "{was}")', resumed.stdout)
        self.refuses(run("train", "copy", "--precision", "bf61"),
                     "scangrad: --precision is 'bf61', but one of float, bf16 is needed; the nearest is 'bf16'")

    def test_bench_measures_against_a_floor(self):
        result = run("bench", "scan", 2, 16, 8, "--out", self.folder / "scan")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"\nmingru 2 x 16 x 8 +\d+\.\d+ +\d+\.\d+ +\d+\.\d+ +\d+%\n")
        row, = csv.DictReader((self.folder / "scan" / "scan.csv").read_text().splitlines())
        self.assertEqual((row["case"], row["items"]), ("mingru 2 x 16 x 8", "256"))
        floor = max(float(row["arithmetic_s"]), float(row["memory_s"]))
        self.assertAlmostEqual(float(row["floor_s"]) / floor, 1, places=5)
        self.assertAlmostEqual(float(row["floor_over_median"]) * float(row["median_s"]) / floor, 1, places=5)
        self.refuses(run("bench", "scan", 2, 16), "bench: 2 sizes were given, but three for each shape (B T E) are needed")
        self.refuses(run("bench", "scan", 1, 1, 0), "bench: a size is 0, but at least 1 is needed")
        result = run("bench", "layer", 2, 8, 4, "--mixers", "mingru", "--precision", "bf16")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"\nmingru 2 x 8 x 4 in bf16 +\d")
        result = run("bench", "recurrence", 70)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"\nlog space, in order +\d+\.\d+ +-?\d+\.\d+ +\d\.\de-\d+\n")
        self.assertRegex(result.stdout, r"\none channel: Blelloch +\d+\.\d+ +\d\.\de-\d+ +130 +10\n")
        self.refuses(run("bench", "recurrence", 0), "bench: a size is 0, but at least 1 is needed")
        self.refuses(run("sample", "x", "--weights", "bf61"),
                     "scangrad: --weights is 'bf61', but one of float, bf16 is needed; the nearest is 'bf16'")
        self.refuses(run("bench", "step", "cpoy"), "bench: step is 'cpoy', but copy or shakespeare is needed")

    def test_the_first_use_of_a_check_builds_its_program(self):
        program = self.folder / "a build" / "scangrad"
        program.parent.mkdir()
        shutil.copy(PROGRAM, program)
        check = [program, "check", "bptt"]
        ask = lambda: subprocess.run(check, cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.refuses(ask(), f"check: scangrad-check-bptt is not in {program.parent}, and this is not a build folder; "
                            "run build/scangrad in a clone of the project")
        rules = program.parent / "build.ninja"
        rules.write_text("rule fail\n command = false\nbuild scangrad-check-bptt: fail\n")
        result = ask()
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertTrue(result.stderr.endswith("\ncheck: scangrad-check-bptt is not built, see above; to try again: "
                                               f"ninja -C '{program.parent}' scangrad-check-bptt\n"), result.stderr)
        rules.write_text("rule write\n command = printf '#!/bin/sh\\necho holds\\n' >$out && chmod +x $out\n"
                         "build scangrad-check-bptt: write\n")
        result = ask()
        self.assertEqual((result.returncode, result.stdout), (0, "holds\n"), result.stderr)
        self.assertTrue(result.stderr.startswith("building scangrad-check-bptt, this time only: "), result.stderr)
        result = ask()
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "holds\n", ""))

    def test_parameters_are_those_of_the_paper(self):
        lines = run("params").stdout.splitlines()
        percent = [[word for word, sign in zip(line.split(), line.split()[1:]) if sign == "%"] for line in lines[2:6]]
        self.assertEqual(percent, [["33", "38"], ["22", "25"], ["17", "19"], ["13", "15"]])
        self.refuses(run("params", "--dim", 0), "params: dim is 0, but at least 1 is needed")

    def test_the_algorithm_is_explained_with_numbers_that_agree(self):
        for length in (2, 5, 8, 16):
            text = run("explain", "scan", "--length", length).stdout
            steps = re.findall(r"h\[\d+\] = (\S+) \* (\S+) \+ (\S+) = (\S+)\n", text)
            self.assertEqual(len(steps), length)
            for a, before, x, h in ((float(part) for part in step) for step in steps):
                self.assertAlmostEqual(a * before + x, h, delta=2e-3)
            tree = " ".join(re.findall(r"\nh\[t\] +(.*)", text)).split()
            self.assertEqual(tree, [step[3] for step in steps])
        self.refuses(run("explain", "scan", "--length", 17), "explain: length is 17, but 2 to 16 is needed")
        for cell, count in (("mingru", 3), ("minlstm", 4)):
            pairs = re.findall(r"= (-?\d\.\d+) +the program's: (-?\d\.\d+)", run("explain", cell).stdout)
            self.assertEqual(len(pairs), count)
            for ours, theirs in pairs:
                self.assertEqual(ours, theirs)

    def test_the_way_down_the_tree_gives_the_state_before_each_step(self):
        text = run("explain", "scan").stdout
        before = re.search(r"\n1 step +(.*)\n", text)[1].split()
        states = re.search(r"\nh\[t\] +(.*)\n", text)[1].split()
        self.assertEqual(before, ["0.000", *states[:-1]])

    def test_a_gru_has_another_slope_at_each_state_and_mingru_has_one(self):
        rows = re.findall(r"^ +-?[01]\.0((?: +-?\d\.\d{3}){6})$", run("explain", "gru").stdout, re.M)
        slopes = [row.split()[1::2] for row in rows]
        self.assertEqual(len(slopes), 3)
        self.assertEqual([len(set(column)) for column in zip(*slopes)], [1, 3, 3])

    def test_layers_are_measured(self):
        result = run("bench", "layer", 2, 8, 4, "--mixers", "mingru,gru")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"\nmingru 2 x 8 x 4 .*\ngru 2 x 8 x 4 ")

    def test_what_is_on_or_off_is_a_flag(self):
        for flags, values in ((["--recompute"], (True, True)), (["--no-learned-h0", "--no-recompute"], (False, False))):
            with self.subTest(flags=flags):
                result = self.train(*flags, out=flags[0])
                self.assertEqual(result.returncode, 0, result.stderr)
                values_of = json.loads((self.folder / flags[0] / "config.json").read_text())
                self.assertEqual((values_of["recompute"], values_of["mixer"]["learned_h0"]), values)

    def test_options_are_those_of_the_chosen_mixer(self):
        result = self.train("--states", 3, "--mixer", "mamba")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads((self.folder / "run" / "config.json").read_text())["mixer"], {"name": "mamba", "states": 3})
        resumed = run("train", "copy", "--resume", self.folder / "run", "--steps", 40, "--states", 3)
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        for args, message in (
                (["--states", 3], "scangrad: --states is no option of mixer mingru; leave it out, or add --mixer mamba"),
                (["--mixer", "gru", "--gates", "plain"],
                 "scangrad: --gates is no option of mixer gru; leave it out, or add --mixer minlstm"),
                (["--mixer", "minlstm", "--gates", "normalized"],
                 "scangrad: --gates is 'normalized', but one of plain, normalised is needed; the nearest is 'normalised'")):
            with self.subTest(args=args):
                refused = self.train(*args, out="other")
                self.assertEqual((refused.returncode, refused.stderr), (1, message + "\n"))
        of_mamba = run("train", "copy", "--mixer", "mamba", "--help-all").stdout
        self.assertRegex(of_mamba, r"--states INT=16 +states per channel")
        self.assertNotIn("--gates", of_mamba)
        self.assertNotIn("--states", run("train", "copy", "--help-all").stdout)

    def test_every_mixer_trains(self):
        for mixer in mixers():
            with self.subTest(mixer=mixer):
                result = self.train("--mixer", mixer, "--positions", 14 if mixer == "attention" else 0, out=mixer)
                self.assertEqual(result.returncode, 0, result.stderr)
                losses = [float(row["loss"]) for row in csv.DictReader((self.folder / mixer / "metrics.csv").read_text().splitlines())]
                self.assertLess(losses[-1], losses[0])
                self.assertIn("of length 12 (trained on 12)", run("eval", self.folder / mixer).stdout)

    def test_growth_is_measured_and_drawn(self):
        out = self.folder / "out"
        result = run("bench", "runtime", "--mixers", "mingru,gru,attention", "--lengths", "4,8", "--batch", 2, "--dim", 4,
                     "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = list(csv.DictReader((out / "runtime.csv").read_text().splitlines()))
        self.assertEqual([(row["mixer"], row["length"]) for row in rows],
                         [(mixer, length) for mixer in ("mingru", "gru", "attention") for length in ("4", "8")])
        result = run("bench", "inference", "--mixers", "mingru,lstm", "--lengths", "4", "--batches", "1,2", "--dim", 4,
                     "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = list(csv.DictReader((out / "inference.csv").read_text().splitlines()))
        self.assertEqual([(row["mixer"], row["batch"]) for row in rows],
                         [("mingru", "1"), ("lstm", "1"), ("mingru", "2"), ("lstm", "2")])
        if "gnuplot is not installed" not in result.stdout:
            for name in ("runtime.svg", "runtime.png", "inference.svg", "inference.png"):
                self.assertGreater((out / name).stat().st_size, 1000)
            for name, mixer in (("runtime", "gru"), ("inference", "lstm")):  # the table is drawn again
                table = self.folder / "table.csv"
                table.write_text("# a processor\n" + (out / f"{name}.csv").read_text())
                (self.folder / "again").mkdir(exist_ok=True)
                again = run("bench", name, "--table", table, "--out", self.folder / "again")
                self.assertEqual(again.stdout, f"{self.folder / 'again'}: {name}.svg {name}.png\n", again.stderr)
                self.assertIn(f"<text>{mixer}</text>", (self.folder / "again" / f"{name}.svg").read_text())
                good = table.read_text()
                for text, message in ((good.replace(mixer, "lstn"), "mixer"), (good.replace(",4,", ",x,"), "'x' is given, but a positive number is needed"),
                                      (good.replace(",4,", ",inf,"), "'inf' is given"), (good.replace(",4,", ","), "cells, but"),
                                      (good.replace("length", "width"), "the columns mixer,batch,length,"), ("# nothing\n", "has no rows")):
                    table.write_text(text)
                    refused = run("bench", name, "--table", table, "--out", out)
                    self.assertEqual((refused.returncode, refused.stdout, refused.stderr.count("\n")), (1, "", 1))
                    self.assertIn(message, refused.stderr)
        self.refuses(run("bench", "runtime", "--lengths", "0", "--out", out),
                     "bench: a length is 0, but at least 1 is needed")

    def test_an_output_that_cannot_be_written(self):
        file = self.folder / "file"
        file.write_text("mine")
        self.refuses(self.train(out="file"), f"run: {file} is a file, but a folder is needed")
        self.assertEqual(file.read_text(), "mine")
        if os.geteuid() != 0:
            os.chmod(self.folder, 0o500)
            self.assertRegex(self.train(out="x").stderr, "^run: .* cannot be written: .*\n$")
            os.chmod(self.folder, 0o700)

    def test_unknown_words_get_the_nearest_one(self):
        refused = [
            (["train", "copy", "--stesp", "3"], "scangrad: unknown option '--stesp'; the nearest is '--steps'"),
            (["train", "copy", "--preset", "t265"],
             "preset: name is 't265', but one of quick, t256, t512, t1024, paper is needed; the nearest is 't256'"),
            (["train", "copy", "--mixer", "mingur", "--out", self.folder / "x"],
             f"mixer: name is 'mingur', but one of {', '.join(mixers())} is needed; the nearest is 'mingru'"),
            (["train", "copy", "--space", "liner"],
             "scangrad: --space is 'liner', but one of linear, log is needed; the nearest is 'linear'"),
            (["train", "--steps", "3"],
             f"scangrad: option '--steps' belongs after the task, which is one of {', '.join(tasks())}: train copy --steps"),
            (["trian"], "scangrad: unknown argument 'trian'; the nearest is 'train'"),
            ([], "scangrad: the line needs one of train, runs, replay, eval, sample, convert, forecast, plot, gates, info, bench, params, "
                 "check, explain; scangrad --help tells them apart"),
            (["train"], f"scangrad: train needs one of {', '.join(tasks())}; scangrad train --help tells them apart"),
            (["explain"], "scangrad: explain needs one of scan, mingru, minlstm, gru, bptt; scangrad explain --help tells them apart"),
        ]
        for args, message in refused:
            with self.subTest(args=args):
                self.refuses(run(*args), message)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_options_that_contradict_each_other_are_refused(self):
        self.train()
        folder = self.folder / "run"
        for args in (["--preset", "quick"], ["--out", self.folder / "x"], ["--force"]):
            self.refuses(run("train", "copy", "--resume", folder, *args), f"scangrad: {args[0]} and --resume exclude each other; leave one of them out")
        self.refuses(run("eval", folder, "--data", "x"),
                     f"eval: {folder} is a run of train copy, which takes no --data; it takes --length, --examples, --batch")
        # Another option may stand before the task.
        self.refuses(run("train", "--threads", "1", "copy", "--preset", "t265"),
                     "preset: name is 't265', but one of quick, t256, t512, t1024, paper is needed; the nearest is 't256'")
        resumed = run("train", "--threads", "1", "copy", "--resume", folder, "--steps", "31")
        self.assertIn("trained after 31 steps", resumed.stdout, resumed.stderr)
        before = (folder / "config.json").read_text()
        self.refuses(run("train", "copy", "--resume", folder, "--steps", "20"),
                     "train: steps is 20, but the run has done 31 already")
        self.assertEqual((folder / "config.json").read_text(), before)

    def test_a_loss_that_is_not_finite_is_explained(self):
        result = self.train("--lr", "1e30", "--clip", "0")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^train: .*step \d+.*\n$")

    def test_the_machine_is_described(self):
        result = run("info")
        self.assertEqual(result.returncode, 0, result.stderr)
        for word in ("scangrad  ", "cpu  ", "threads  ", "gemm  ", "GFLOP/s measured", "denormals zero\n", "GB/s measured"):
            self.assertIn(word, result.stdout)

    def test_the_user_may_choose_the_kernels_of_BLIS(self):
        haswell = {**os.environ, "BLIS_ARCH_TYPE": "3"}
        result = subprocess.run([PROGRAM, "info"], capture_output=True, text=True, timeout=120, env=haswell)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"gemm      (AVX-512; few rows: )?(BLIS 0\.9\.0 \(haswell\)|BLIS [1-9].*|plain loops)\n")

    def test_without_gnuplot_a_run_says_so_and_continues(self):
        tools = self.folder / "tools"
        tools.mkdir()
        for name in ("sh", "env"):
            (tools / name).symlink_to(f"/bin/{name}" if name == "sh" else "/usr/bin/env")
        result = subprocess.run([PROGRAM, "train", "copy", *TINY, "--out", self.folder / "run"], capture_output=True,
                                text=True, timeout=120, env={"PATH": str(tools)})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("no curve drawn: gnuplot is not installed\n", result.stdout)
        self.assertIn("test accuracy", result.stdout)

    def test_impossible_sizes_touch_nothing(self):
        refused = [
            (["--dim", "-4"], "embedding: vocabulary of 6 and -4 channels, but at least 1 of each is needed"),
            (["--layers", "0"], "stack: layers is 0, but at least 1 is needed"),
            (["--expansion", "1.3"], "min_gru: expansion is 1.3 at dim 8, but expansion * dim must be a whole number of channels, 1 to 1000000000"),
            (["--length", "1"], "selective_copying: length is 1, but at least 2 is needed for 2 tokens"),
            (["--length", "0"], "selective_copying: length is 0, but at least 2 is needed for 2 tokens"),
            (["--batch", "0"], "copy_task: batch is 0, but 1 to 4194304 and a multiple of accumulate (1) is needed"),
            (["--seed", "0"], "copy_task: seed is 0, but 0 and 1 are those of the validation and test sets"),
            (["--steps", "-1"], "train: steps is -1, but at least 1 is needed"),
            (["--dropout", "7"], "stack: dropout is 7, but 0 to below 1 is needed"),
            (["--mixer", "attention", "--positions", "2"], "scangrad: positions is 2, but sequences have 14 steps"),
            (["--threads", "0"], "threads: count is 0, but at least 1 is needed"),
            (["--space", "log", "--candidate", "identity"],
             "min_gru: candidate identity in log space, but log space needs positive states: candidate g"),
        ]
        for args, message in refused:
            with self.subTest(args=args):
                self.refuses(self.train(*args), message)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_checkpoints_that_are_none(self):
        self.train()
        folder = self.folder / "run"
        weights = folder / "model.safetensors"
        whole = weights.read_bytes()
        for content in (whole[:100], whole[:-4], b"", b"PK\x03\x04 not a checkpoint at all"):
            weights.write_bytes(content)
            result = run("eval", folder)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, rf"^safetensors: {weights}.*\n$")
        weights.unlink()
        self.refuses(run("eval", folder), f"run: {folder} holds no model.safetensors: training writes it at its first validation or "
                                          "save; --resume continues it")
        config = (folder / "config.json").read_text()
        (folder / "config.json").write_text(config.replace('"accumulate": 1', '"accumulate": 0'))
        self.refuses(run("eval", folder), "train: accumulate is 0, but at least 1 is needed")
        (folder / "config.json").write_text("{")
        self.refuses(run("eval", folder), f"config: {folder}/config.json is not a JSON object")
        self.refuses(run("eval", self.folder / "nowhere"),
                     f"run: {self.folder}/nowhere is no folder, but the folder of a run is needed")


if __name__ == "__main__":
    unittest.main(verbosity=1)
