"""Kills the program at random moments and resumes as a user would: runs end with the bits of an undisturbed one.

    python3 kills_test.py build/scangrad 8 [TEST...]        with eight kills; more of them find more
"""
import collections
import os
import random
import re
import shutil
import subprocess
import sys
import time

from command import PROGRAM, run
from faults import COMMON, COPY, Started, main

KILLS = int(sys.argv.pop(1))
SEED = int(os.environ.get("SCANGRAD_SEED", random.SystemRandom().randrange(10**6)))
NOTHING_TO_RESUME = "exists and is not empty, but holds no run to resume; --force replaces what a run left there\n"


def phase(folder, said):
    """What a process that was killed was doing."""
    unfinished = [path.name for path in folder.glob("*.tmp")] if folder.exists() else []
    if any(name.startswith("train") for name in unfinished) and (folder / "config.json").exists():
        return "saving the state"
    if unfinished:
        return "saving weights" if any(name.startswith("model") for name in unfinished) else "making the folder"
    if not (folder / "config.json").exists():
        return "making the folder" if folder.exists() else "before the folder"
    steps = re.findall(r"^step (\d+)/", said, re.M)
    if "trained after" in said:
        return "testing"
    if not steps:
        return "before the first step"
    return "validating" if int(steps[-1]) % 10 == 0 and f"step {steps[-1]}: validation" not in said else "training"


class Kills(Started):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.phases = collections.Counter()
        self.kills = self.compared = 0  # a run is killed several times before it ends and is compared
        shown = f"seed {SEED} ({self.id().rsplit('.', maxsplit=1)[-1]})"
        self.addCleanup(lambda: print(f"{shown}: {self.kills} kills, {self.compared} ends compared: {dict(self.phases.most_common())}", flush=True))

    def killed(self, args, folder, longest):
        """Starts the program and kills it after a random while; whether it was still there."""
        log = self.folder / "said"
        with log.open("wb") as file:
            process = subprocess.Popen([PROGRAM, *map(str, args)], stdout=file, stderr=subprocess.STDOUT)
            try:
                process.wait(timeout=self.random.uniform(0, longest))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.kills += 1
                self.phases[phase(folder, log.read_text())] += 1
                return True
        self.assertEqual(process.returncode, 0, log.read_text())
        return False

    def until_done(self, task, options, folder, longest):
        """Trains in a folder, however often that takes, and resumes as a user would."""
        new = ["train", task, *options, "--out", folder]
        while True:
            threads = ["--threads", self.random.choice((1, 2, 3))]
            if (folder / "config.json").exists():
                args = ["train", task, "--resume", folder, *threads]
            elif folder.exists() and any(path.suffix != ".tmp" and path.name != "lock" for path in folder.iterdir()):
                self.refuses(run("train", task, "--resume", folder),
                             f"run: {folder} holds no config.json, so it is not the folder of a run")
                self.refuses(run(*new), f"run: {folder} {NOTHING_TO_RESUME[:-1]}")
                args = [*new, "--force", *threads]
            else:
                args = [*new, *threads]
            if not self.killed(args, folder, longest):
                return

    def check(self, task, options, kills):
        whole = self.folder / "whole"
        before = time.monotonic()
        self.succeeds("train", task, *options, "--threads", 1, "--out", whole)
        longest = 0.8 * (time.monotonic() - before)
        while self.kills < kills:
            folder = self.folder / "killed"
            self.until_done(task, options, folder, longest)
            self.same_is_left(folder, whole, f" after {self.kills} kills, seed {SEED}")
            self.compared += 1
            shutil.rmtree(folder)

    def test_copy(self):
        self.check("copy", COPY[1:], KILLS)
        if KILLS >= 200:  # then kills fall into all that takes a while
            self.assertLessEqual({"saving the state", "saving weights", "validating", "training"}, set(self.phases))

    def test_text(self):
        text = self.folder / "text"
        text.write_text("to be or not to be, that is the question.\n" * 40)
        self.check("text", ["--data", text, "--length", 16, "--chunks", 2, "--stream", *COMMON], max(KILLS // 8, 4))

    def test_series(self):
        rows = "".join(f"{t % 7},{t % 11}\n" for t in range(300))
        data = self.folder / "data.csv"
        data.write_text("a,b\n" + rows)
        self.check("series", ["--data", data, "--length", 24, "--horizon", 4, *COMMON], max(KILLS // 8, 4))

    def test_convert(self):
        """A run that is made from weights, and weights that are made from a run, are complete or clearly not there."""
        text, theirs, whole = self.folder / "text", self.folder / "theirs.safetensors", self.folder / "whole"
        text.write_text("to be or not to be, that is the question.\n" * 40)
        sizes = ["--data", text, "--level", "char", "--length", 16, "--layers", 1, "--dim", 256, "--no-bias", "--no-learned-h0",
                 "--kernel", 4, "--mlp", 4, "--steps", 1, "--warmup", 0, "--eval-every", 0, "--dropout", 0]
        self.succeeds("train", "text", *sizes, "--out", self.folder / "run")
        self.succeeds("convert", self.folder / "run", "--to", "lucidrains", "--out", theirs)
        before = time.monotonic()
        self.succeeds("convert", theirs, "--data", text, "--out", whole)
        longest = 1.2 * (time.monotonic() - before)
        names = ("config.json", "vocab.json", "model.safetensors", "train.safetensors")
        contents = [(whole / name).read_bytes() for name in names]
        weights, folder, file = theirs.read_bytes(), self.folder / "killed", self.folder / "killed.safetensors"
        enough = self.kills + max(KILLS // 8, 4)
        while self.kills < enough:
            shutil.rmtree(folder, ignore_errors=True)
            if self.killed(["convert", theirs, "--data", text, "--out", folder], folder, longest) and not (folder / "config.json").exists():
                result = run("train", "text", "--resume", folder)
                self.assertEqual(result.returncode, 1)
                self.assertRegex(result.stderr, r"^run: \S+ (is no folder|holds no config.json).*\n$")
                result = run("convert", theirs, "--data", text, "--out", folder)
                if result.returncode != 0:
                    self.assertEqual(result.stderr, f"run: {folder} {NOTHING_TO_RESUME}")
                    self.succeeds("convert", theirs, "--data", text, "--out", folder, "--force")
            self.assertEqual([(folder / name).read_bytes() for name in names], contents)
            self.compared += 1
            file.unlink(missing_ok=True)
            if not self.killed(["convert", self.folder / "run", "--to", "lucidrains", "--out", file], file, longest) or file.exists():
                self.assertEqual(file.read_bytes(), weights)


if __name__ == "__main__":
    main()
