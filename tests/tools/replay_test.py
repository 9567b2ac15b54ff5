"""Runs scangrad train --detect-nan, --skip-spikes and scangrad replay as a user would, on runs that really break.

    python3 replay_test.py build/scangrad
"""
import csv
import json
import math
import re
import struct
import unittest

from command import CommandTest, run

SIZES = ["--layers", 2, "--dim", 8, "--expansion", 2, "--warmup", 0, "--eval-every", 10, "--log-every", 5, "--batch", 8]
COPY = ["copy", "--length", 12, "--tokens", 2, "--vocab", 6, "--validation-examples", 16, "--test-examples", 16, *SIZES]
HINT = "; --detect-nan stops at the first such number and leaves a file to repeat it"


def header_of(content):
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:8 + length]), 8 + length


def floats(path):
    """All numbers of a file's tensors."""
    content = path.read_bytes()
    header, start = header_of(content)
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            begin, end = entry["data_offsets"]
            yield from struct.unpack(f"<{(end - begin) // 4}f", content[start + begin:start + end])


def change(path, name, element, value):
    """Overwrites one number of a tensor; returns what it was."""
    content = bytearray(path.read_bytes())
    header, start = header_of(content)
    at = start + header[name]["data_offsets"][0] + 4 * element
    before, = struct.unpack_from("<f", content, at)
    struct.pack_into("<f", content, at, value)
    path.write_bytes(content)
    return before


class ReplayTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.folder / "run"
        self.file = self.run_folder / "replay.safetensors"

    def train(self, *args, steps=20):
        return run("train", *args, "--steps", steps, "--out", self.run_folder)

    def breaks(self, result):
        """One line that says how to repeat it; returns what comes before."""
        self.assertEqual(result.returncode, 1, result.stdout)
        match = re.fullmatch(r"(train: step \d+: .*); everything to repeat it is in (\S+) \(scangrad replay (\S+)\)\n", result.stderr)
        self.assertTrue(match, result.stderr)
        self.assertEqual((match[2], match[3]), (str(self.file),) * 2)
        return match[1]

    def repeats(self, finding):
        """The same from the file alone, with any number of threads; returns the table."""
        moved = self.folder / "moved.safetensors"
        moved.write_bytes(self.file.read_bytes())
        said = [run("replay", moved, "--threads", threads) for threads in (1, 2, 3)]
        for result in said:
            self.assertEqual((result.returncode, result.stderr), (1, ""), result.stdout)
            self.assertEqual(result.stdout, said[0].stdout)
            self.assertEqual(result.stdout.splitlines()[-1], finding)
        return said[0].stdout.splitlines()[:-1]

    def spoil(self, name, element=5, value=math.inf):
        return change(self.run_folder / "train.safetensors", name, element, value)

    def test_a_learning_rate_that_is_far_too_large(self):
        rate = ["--lr", 1e20, "--min-lr", 1e20]
        plain = self.train(*COPY, *rate)
        self.assertEqual(plain.returncode, 1)
        self.assertRegex(plain.stderr, r"^train: step 2: loss is (nan|inf): \w+ (of|behind) \S+ gives (nan|-?inf) in .*" + re.escape(HINT) + "\n$")
        self.assertEqual([path.name for path in self.run_folder.glob("*.safetensors")], ["train.safetensors"])  # of before step 1
        finding = self.breaks(self.train(*COPY, *rate, "--detect-nan", "--force"))
        self.assertRegex(finding, r"^train: step 2: \w+ of (embedding|blocks\.\d\.\S+) gives (nan|-?inf) in (all \d+ )?rows?( .*)? of its result$")
        table = self.repeats(finding)
        self.assertRegex(table[-1], r" forward +\[8, 14, \d+\] +(nan|-?inf) +\d+ +\d+$")
        self.assertTrue(all(row.endswith("  0         0") for row in table[1:-1]), table)
        self.assertTrue(all(math.isfinite(x) for x in floats(self.file)))

    def test_a_moment_that_is_far_too_large_in_the_checkpoint(self):
        self.assertEqual(self.train(*COPY).returncode, 0)
        before = self.spoil("adam.m.blocks.1.mixer.to_out.weight", value=3e38)
        plain = run("train", "copy", "--resume", self.run_folder, "--steps", 40)
        self.refuses(plain, "train: step 22: loss is nan: affine of blocks.1.mixer.to_out takes blocks.1.mixer.to_out.weight, "
                            "which holds -inf at element 5" + HINT)
        finding = self.breaks(run("train", "copy", "--resume", self.run_folder, "--steps", 40, "--detect-nan"))
        self.assertEqual(finding, "train: step 21: adamw gives -inf at element 5 of blocks.1.mixer.to_out.weight")
        table = self.repeats(finding)
        self.assertIn("min_gru_scan         blocks.1.mixer ", "\n".join(table))
        self.assertRegex(table[-1], r"^adamw .* +-inf +0 +1$")
        # Mended, the step is as finite as it was.
        change(self.file, "adam.m.blocks.1.mixer.to_out.weight", 5, before)
        said = self.succeeds("replay", self.file)
        self.assertEqual(said.splitlines()[-1], "train: step 21: every number is finite")
        self.assertEqual(self.succeeds("replay", self.run_folder), said)
        self.assertRegex(said, r"^\d+ ops before these: --all\n")
        self.assertGreater(len(self.succeeds("replay", self.file, "--all").splitlines()), len(said.splitlines()))
        self.file.unlink()
        self.refuses(run("replay", self.run_folder),
                     f"replay: {self.run_folder} holds no replay.safetensors; train --detect-nan writes one where a number is not finite")

    def test_a_text_in_chunks_of_a_carried_stream(self):
        text = self.folder / "input.txt"
        text.write_text("to be or not to be, that is the question.\n" * 40, encoding="utf-8")
        options = ["text", "--data", text, "--level", "char", "--length", 16, "--chunks", 4, "--stream", "--accumulate", 2, *SIZES]
        self.assertEqual(self.train(*options).returncode, 0)
        self.spoil("task.state.0.blocks.0.mixer.h", 2, math.nan)
        finding = self.breaks(run("train", "text", "--resume", self.run_folder, "--steps", 40, "--detect-nan"))
        self.assertIn("part 1 of 2: ", finding)
        self.repeats(finding)

    def test_numbers_of_a_series_that_are_too_large_for_the_network(self):
        data = self.folder / "waves.csv"
        rows = [f"{math.sin(t / 2)},{math.cos(t / 2)}" for t in range(300)]
        data.write_text("a,b\n" + "\n".join(rows) + "\n")
        self.assertEqual(self.train("series", "--data", data, "--length", 12, "--horizon", 3, *SIZES).returncode, 0)
        rows[100] = "1e60,0"
        data.write_text("a,b\n" + "\n".join(rows) + "\n")
        resume = ["train", "series", "--resume", self.run_folder, "--steps", 100]
        self.refuses(run(*resume), f"train: the data has changed since the run in {self.run_folder} was saved; resume with --data to use the data as it is now")
        resume += ["--data", data]
        self.assertRegex(run(*resume).stderr, r"^train: step \d+: loss is .*: it came with the batch" + re.escape(HINT) + "\n$")
        finding = self.breaks(run(*resume, "--detect-nan"))
        self.assertRegex(finding, r"^train: step \d+: slice takes inf in rows? .* of its input 0, which no op made: it came with the batch$")
        self.repeats(finding)
        rows[100] = "0,1"
        data.write_text("a,b\n" + "\n".join(rows) + "\n")
        self.refuses(run("replay", self.file), f"train: the data has changed since {self.file} was written, so the step cannot be repeated")
        data.unlink()
        self.refuses(run("replay", self.file), f"file: {data} cannot be read: No such file or directory")

    def test_a_run_that_is_watched_ends_like_one_that_is_not(self):
        weights = []
        for flag in ([], ["--detect-nan", "--force"]):
            self.assertEqual(self.train(*COPY, *flag).returncode, 0)
            weights.append((self.run_folder / "model.safetensors").read_bytes())
        self.assertEqual(*weights)
        self.assertFalse(self.file.exists())

    def test_spikes_are_skipped_and_counted(self):
        said = self.train(*COPY, "--skip-spikes", 1, "--lr", 3e-3, "--min-lr", 3e-3, steps=150).stdout
        rows = list(csv.DictReader((self.run_folder / "metrics.csv").read_text().splitlines()))
        skipped = [int(row["skipped"]) for row in rows]
        self.assertEqual(skipped, sorted(skipped))
        self.assertGreater(skipped[-1], 0)  # one deviation is less than noise
        self.assertIn(f"\n{skipped[-1]} steps were skipped\n", said)
        self.assertEqual(len(re.findall(r"^step \d+ skipped: loss \S+, gradient norm \S+$", said, re.M)), skipped[-1])
        self.assertEqual(json.loads((self.run_folder / "config.json").read_text())["skip_spikes"], 1)

    def test_files_that_repeat_nothing(self):
        self.assertEqual(self.train(*COPY).returncode, 0)
        newest = self.run_folder / "train.safetensors"
        self.refuses(run("replay", newest), f"replay: {newest} holds no config.json, but a file written by train --detect-nan is needed")
        self.refuses(run("replay", self.folder / "none"), f"safetensors: cannot open {self.folder / 'none'} (No such file or directory)")


if __name__ == "__main__":
    unittest.main(verbosity=1)
