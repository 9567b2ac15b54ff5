"""What tests of faults share: starting a run that something is done to, and comparing what it
leaves with what one leaves that was left alone.
"""
import csv
import os
import re
import resource
import struct
import subprocess
import sys
import unittest

from command import PROGRAM, CommandTest, tensors

# A network of which a save takes about as long as a step, saved every second step; every step is said.
COMMON = ["--layers", 1, "--dim", 192, "--expansion", 2, "--batch", 4, "--steps", 40, "--warmup", 0, "--lr", 1e-3, "--min-lr", 1e-4,
          "--dropout", 0.1, "--eval-every", 10, "--log-every", 3, "--save-every", 2]
COPY = ["copy", *COMMON, "--length", 12, "--tokens", 2, "--vocab", 6, "--validation-examples", 64, "--test-examples", 16]
TINY = ["copy", "--length", 12, "--tokens", 2, "--vocab", 6, "--layers", 1, "--dim", 8, "--batch", 4, "--warmup", 0, "--eval-every", 10,
        "--validation-examples", 16, "--test-examples", 16]


def tensors_of(path):
    """The bytes of each tensor of a file; of a state, without the seconds that it took."""
    parts = tensors(path)
    if "loop" in parts:
        words = struct.unpack(f"<{len(parts['loop']) // 8}Q", parts["loop"])
        parts["loop"] = words[:5] + words[6:]
    return parts


def left_by(folder):
    """All that a run leaves, but for what depends on time."""
    lines = {}
    rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
    lines["metrics.csv"] = [{key: row[key] for key in row if key not in ("tokens_per_s", "peak_mb", "seconds")} for row in rows]
    lines["metrics.jsonl"] = [re.sub(r', "tokens_per_s".*', "", line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for name in ("model.safetensors", "train.safetensors"):
        lines[name] = tensors_of(folder / name)
    for name in ("config.json", "vocab.json", "scaling.json"):
        if (folder / name).exists():
            lines[name] = (folder / name).read_text()
    lines["names"] = sorted(path.name for path in folder.iterdir() if not path.name.startswith("events.out"))
    return lines


def steps_of(folder):
    """How many steps a run's state has behind it."""
    return tensors_of(folder / "train.safetensors")["loop"][0]


class Started(CommandTest):
    """Tests that start a run and do something to it."""

    def start(self, *args, limits=(), **how):
        def limit():
            for kind, most in limits:
                resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
        process = subprocess.Popen([PROGRAM, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limit, **how)
        self.addCleanup(process.kill)
        return process

    def preloaded(self, setting, what, **more):
        """The environment of a program that a library is loaded before; a setting names it."""
        library = os.environ.get(setting, "")
        if not library:
            self.skipTest(f"there is no {what}")
        return os.environ | {"LD_PRELOAD": library, "ASAN_OPTIONS": "verify_asan_link_order=0"} | more

    def ends_with(self, process, pattern):
        """One line on stderr, exit status 1."""
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, out + err)
        self.assertRegex(err, f"^{pattern}\n$")
        return out

    def same_is_left(self, folder, whole, when=""):
        """Part by part, since two states that differ are too long to read."""
        found = left_by(folder)
        for part, value in left_by(whole).items():
            self.assertTrue(found.get(part) == value, f"{part} differs{when}")

    def text_run(self, *options):
        """A network that writes."""
        text, folder = self.folder / "text", self.folder / "run"
        text.write_text("to be or not to be, that is the question.\n" * 40)
        self.succeeds("train", "text", "--data", text, "--level", "char", "--length", 16, "--layers", 1, "--dim", 8, "--batch", 4, "--steps", 2,
                      "--warmup", 0, *options, "--out", folder)
        return folder


def main():
    """Runs the tests of a file; the exit status is 77 where one had to be skipped, since skipping is not passing."""
    ended = unittest.main(verbosity=1, exit=False).result
    sys.exit(1 if not ended.wasSuccessful() else 77 if ended.skipped else 0)
