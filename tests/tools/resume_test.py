"""Resumed runs: what may change in them, what may not, and which data they recognise.

    python3 resume_test.py build/scangrad
"""
import json
import os
import re
import shlex
import signal
import subprocess
import unittest

from command import PROGRAM, TINY, CommandTest, run


class Resume(CommandTest):
    def train(self, *args, out="run"):
        return run("train", "copy", *TINY, "--out", self.folder / out, *args)

    def test_ctrl_c_saves_and_says_how_to_resume(self):
        before_the_first_line = ["--log-every", 10**6, "--eval-every", 0, "--save-every", 1]
        for folder, options in ((self.folder / "run", []), (self.folder / "it's early", before_the_first_line)):
            with self.subTest(options=options):
                self.check_ctrl_c(folder, options)

    def check_ctrl_c(self, folder, options):
        process = subprocess.Popen([PROGRAM, "train", "copy", *map(str, [*TINY, "--steps", 1000000, *options, "--out", folder])],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.wait_for(lambda: (folder / "model.safetensors").exists())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (130, ""))
        hint = re.search(r"saved; to resume: (.*)\n$", out)[1]
        self.assertEqual(shlex.split(hint), [PROGRAM, "train", "copy", "--resume", str(folder)])
        step = int(re.search(r"interrupted after (\d+) steps", out)[1])
        resumed = run("train", "copy", "--resume", folder, "--steps", step + 20)
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertIn(f"trained after {step + 20} steps", resumed.stdout)

    def test_a_resumed_run_ends_with_the_bits_of_one_that_never_stopped(self):
        constant = ["--lr", "1e-3", "--min-lr", "1e-3"]  # a schedule that falls depends on the number of steps
        self.train(*constant, out="whole")
        self.train(*constant, "--steps", "13", "--eval-every", "0", out="part")
        config = self.folder / "part" / "config.json"
        config.write_text((self.folder / "whole" / "config.json").read_text())
        result = run("train", "copy", "--resume", self.folder / "part", "--threads", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        weights = [(self.folder / out / "model.safetensors").read_bytes() for out in ("whole", "part")]
        self.assertEqual(*weights)

    def test_what_cannot_be_resumed_is_named(self):
        nowhere = self.folder / "nowhere"
        self.refuses(run("train", "copy", "--resume", nowhere),
                     f"run: {nowhere} is no folder, but the folder of a run is needed")
        self.train()
        self.refuses(run("train", "text", "--resume", self.folder / "run"),
                     f"scangrad: {self.folder / 'run'} is a run of train copy, not of train text")

    def test_what_gives_weights_their_shapes_cannot_change(self):
        self.train()
        folder = self.folder / "run"
        before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
        for args, changes in ((["--dim", 12], "dim 12 (was 8)"), (["--layers", 2, "--steps", 60], "layers 2 (was 1)"),
                              (["--vocab", 9, "--no-learned-h0"], "vocab 9 (was 6), learned_h0 false (was true)"),
                              (["--mixer", "gru"], 'mixer "gru" (was "mingru")')):
            with self.subTest(args=args):
                self.refuses(run("train", "copy", "--resume", folder, *args),
                             f"scangrad: {changes} cannot change when {folder} is resumed; leave it out, or start a new run: "
                             "--out instead of --resume")
        self.assertEqual({path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}, before)
        self.succeeds("train", "copy", "--resume", folder, "--dim", 8, "--steps", 31)  # as it is

    def test_a_resumed_run_remembers_its_options_even_when_it_is_killed(self):
        self.train()
        config = self.folder / "run" / "config.json"
        process = subprocess.Popen([PROGRAM, "train", "copy", "--resume", self.folder / "run", "--steps", "1000000"],
                                   stdout=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        self.wait_for(lambda: json.loads(config.read_text())["steps"] == 1000000)
        process.kill()
        process.wait()
        self.assertEqual(json.loads(config.read_text())["steps"], 1000000)

    def test_a_run_is_not_overwritten_unless_forced(self):
        self.train()
        folder = self.folder / "run"
        self.refuses(self.train(), f"run: {folder} exists and is not empty; --resume continues the run in it, --force replaces it")
        self.assertEqual(self.train("--force").returncode, 0)

    def test_what_a_run_is_does_not_change_after_its_end(self):
        self.train()
        folder = self.folder / "run"
        before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in ("curve.svg", "curve.png")}
        self.assertIn("\nended after step 30 of 30\ntrained after 30 steps in ", self.succeeds("train", "copy", "--resume", folder))
        self.refuses(run("train", "copy", "--resume", folder, "--lr", 4e-3, "--length", 20),
                     f"scangrad: the run in {folder} has ended after 30 steps, so length 20 (was 12), lr 0.004 (was 0.003) cannot change anything; "
                     "a larger --steps continues it")
        self.assertEqual({name: (folder / name).read_bytes() for name in before}, before)
        self.assertIn("on 7 unseen examples", self.succeeds("train", "copy", "--resume", folder, "--test-examples", 7))
        on = self.succeeds("train", "copy", "--resume", folder, "--lr", 1e-5, "--min-lr", 1e-5, "--steps", 31)
        self.assertIn("\nresuming after step 30 of 31\nchanged from here on: steps 31 (was 30), lr 1e-05 (was 0.003), min_lr 1e-05 (was ", on)

    def test_a_run_may_end_early_and_be_resumed_later(self):
        self.train("--stop-at", 0.001)
        folder = self.folder / "run"
        settings = lambda: json.loads((folder / "config.json").read_text())
        self.refuses(run("train", "copy", "--resume", folder, "--lr", 4e-3),
                     f"scangrad: the run in {folder} has ended after 10 steps, so lr 0.004 (was 0.003) cannot change anything; --stop-at 0 continues it")
        self.assertIn("\nended after step 10 of 40\nthe accuracy to stop at was reached; --stop-at 0 continues\nchanged from here on: "
                      "steps 40 (was 30)\n", self.succeeds("train", "copy", "--resume", folder, "--steps", 40))
        self.assertIn("\nended after step 10 of 10\nchanged from here on: steps 10 (was 40)\n",
                      self.succeeds("train", "copy", "--resume", folder, "--steps", 10))
        self.assertEqual(settings()["steps"], 10)
        self.assertIn("\nresuming after step 10 of 20\n",
                      self.succeeds("train", "copy", "--resume", folder, "--steps", 20, "--stop-at", 0))
        self.assertEqual((settings()["steps"], settings()["stop_at"]), (20, 0))

    def test_a_warm_up_that_was_not_asked_for_does_not_keep_a_run_from_ending(self):
        self.train("--stop-at", 0.001, "--warmup", 20)
        self.assertIn("\nended after step 10 of 10\n", self.succeeds("train", "copy", "--resume", self.folder / "run", "--steps", 10))

    def test_what_was_best_at_another_length_does_not_count(self):
        self.train()
        on = self.succeeds("train", "copy", "--resume", self.folder / "run", "--length", 30, "--steps", 40)
        self.assertIn("the best validation so far does not count: it was measured differently\n", on)
        self.assertIn("(best accuracy so far)", on)

    def text_run(self, name, *options):
        text, folder = self.folder / "input.txt", self.folder / name
        text.write_text("to be or not to be, that is the question.\n" * 40, encoding="utf-8")
        self.succeeds("train", "text", "--layers", 1, "--dim", 16, "--length", 16, "--batch", 8, "--eval-every", 5, "--warmup", 0,
                      "--steps", 10, *options, "--out", folder)
        return text, folder

    def test_data_that_changed_under_a_run_is_noticed(self):
        text, folder = self.text_run("run", "--data", self.folder / "input.txt")
        resume = ["train", "text", "--resume", folder, "--steps", 15]
        text.write_text(text.read_text().replace("not", "n0t", 1))
        self.refuses(run(*resume), f"train: the data has changed since the run in {folder} was saved; resume with --data to use the data as it is now")
        nearby = text.parent / "run" / ".." / text.name
        said = self.succeeds(*resume, "--data", nearby)
        self.assertIn("\nchanged from here on: steps 15 (was 10)\nthe data has changed\n"
                      "the best validation so far does not count: it was measured differently\n", said)
        self.assertIn("\nended after step 15 of 15\ntrained", self.succeeds("train", "text", "--resume", folder))
        moved = text.rename(self.folder / "moved.txt")
        self.assertIn(f'changed from here on: data "{moved}" (was "{text}")\n',
                      self.succeeds("train", "text", "--resume", folder, "--data", moved))

    def test_a_run_does_not_begin_to_carry_a_state(self):
        _, folder = self.text_run("run")
        self.refuses(run("train", "--resume", folder, "--steps", 15, "--stream"),
                     f"scangrad: stream true (was false) cannot change when {folder} is resumed; leave it out, or start a new run: "
                     "--out instead of --resume")

    def test_what_was_best_on_made_up_data_does_not_count(self):
        text, folder = self.text_run("made up")
        said = self.succeeds("train", "text", "--resume", folder, "--data", text, "--steps", 15)
        self.assertIn("\nthe data has changed\nthe best validation so far does not count", said)
        self.assertIn(f"next: {PROGRAM} sample '{self.folder}/made up'\n", said)

    def test_data_is_the_file_that_a_name_stands_for(self):
        real = self.folder / "real" / "sub"
        real.mkdir(parents=True)
        (self.folder / "link").symlink_to(real)
        (self.folder / "real" / "a.txt").write_text("to be or not to be\n" * 60)
        (self.folder / "a.txt").write_text("something else altogether\n" * 60)
        _, folder = self.text_run("run", "--data", f"{self.folder}/link/../a.txt")
        data = json.loads((folder / "config.json").read_text())["data"]
        self.assertTrue(os.path.samefile(data, self.folder / "real" / "a.txt"), data)
        self.assertNotIn("changed from here on", self.succeeds("train", "text", "--resume", folder, "--data", self.folder / "real" / "a.txt"))

    def test_a_folder_of_ids_may_end_in_a_slash(self):
        ids = self.folder / "ids"
        ids.mkdir()
        for name in ("train.bin", "val.bin"):
            (ids / name).write_bytes(bytes([1, 0, 2, 0, 3, 0]) * 200)
        _, folder = self.text_run("run", "--level", "ids", "--data", f"{ids}/")
        self.assertNotIn("changed from here on", self.succeeds("train", "text", "--resume", folder, "--data", ids))
        self.assertIn("mingru on ids: ", self.succeeds("train", "text", "--resume", folder, "--data", f"{ids}/", "--steps", 11))

    def test_a_schedule_fits_the_steps(self):
        short = ["train", "copy", "--preset", "t256", *TINY[:TINY.index("--warmup")], "--validation-examples", 16,
                 "--test-examples", 16, "--eval-every", 0, "--steps", 20, "--out", self.folder / "run"]
        self.assertEqual(run(*short).returncode, 0)
        self.assertEqual(json.loads((self.folder / "run" / "config.json").read_text())["warmup"], 2)
        self.refuses(run(*short, "--warmup", 20, "--force"),
                     "schedule: steps is 20, but more than warmup (20) are needed")
        resumed = run("train", "copy", "--resume", self.folder / "run", "--steps", 25)
        self.assertIn("the cosine of the learning rate now ends at step 25\n", resumed.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
