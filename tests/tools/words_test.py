"""Command lines with something wrong or missing: one plain sentence says what to type.

    python3 tests/tools/words_test.py PROGRAM
"""
import os
import shlex
import subprocess
import unittest

from command import PROGRAM, TINY, CommandTest, run

MOST = 2**63 - 1


class Words(CommandTest):
    def refuses_all(self, refused):
        """Each line gets its message, and nothing is written."""
        for args, message in refused:
            with self.subTest(args=args):
                self.refuses(run(*args, cwd=self.folder), f"scangrad: {message}")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_names_of_other_programs_are_known(self):
        for theirs, ours in (("--learning-rate", "--lr"), ("--learning_rate", "--lr"), ("--n-layer", "--layers"), ("--n_embd", "--dim"),
                             ("--hidden", "--dim"), ("--max_iters", "--steps"), ("--block_size", "--length"), ("--vocab_size", "--vocab"),
                             ("--warmup_iters", "--warmup"), ("--out_dir", "--out"), ("--num-workers", "--threads")):
            with self.subTest(theirs):
                result = run("train", "copy", theirs, 3)
                self.assertRegex(result.stderr, rf"^scangrad: unknown option '{theirs}'; (here it|the nearest) is '{ours}'\n$")

    def test_the_nearest_name_is_one_that_begins_alike(self):
        self.refuses_all([
            (["sample", "x", "--temp", 1], "unknown option '--temp'; the nearest is '--temperature'"),
            (["train", "copy", "--batch-size", 3], "unknown option '--batch-size'; the nearest is '--batch'"),
            (["train", "copy", "--batch_size", 3], "unknown option '--batch_size'; the nearest is '--batch'"),
            (["train", "copy", "--weight_decay", 3], "unknown option '--weight_decay'; here it is '--weight-decay'"),
            (["train", "copy", "--eval", 3], "unknown option '--eval'; the nearest is '--eval-every'"),
            (["sampel"], "unknown argument 'sampel'; the nearest is 'sample'"),
            (["hlep"], "unknown argument 'hlep'; the nearest is 'help'"),
            (["evaluate"], "unknown argument 'evaluate'; the nearest is 'eval'"),
            (["predict"], "unknown argument 'predict'; here it is 'forecast'"),
            (["train", "shakespeare"], "unknown argument 'shakespeare'; here it is 'text'"),
        ])

    def test_words_that_mean_nothing_here_get_no_name(self):
        self.refuses_all([
            (["train", "copy", "--xyzzy"], "unknown option '--xyzzy'; scangrad train copy --help-all shows the options"),
            (["xyzzy"], "unknown argument 'xyzzy'; scangrad --help shows what there is"),
            (["eval", "a", "b"], "'b' is one word too many; scangrad eval --help shows an example"),
            (["train", "text", "--temp", 1], "unknown option '--temp'; scangrad train text --help-all shows the options"),
            (["resume", "x"], "unknown argument 'resume'; to continue a run: train --resume RUN"),
            (["train", "copy", "--device", "cuda"], "unknown option '--device'; scangrad computes on the CPU, so leave it out"),
            (["train", "copy", "--epochs", 3], "unknown option '--epochs'; training is counted in steps: --steps"),
        ])

    def test_values_that_are_none(self):
        train = ["train", "copy"]
        self.refuses_all([
            ([*train, "--lr", "abc"], "--lr is 'abc', but a number is needed"),
            ([*train, "--lr=fast"], "--lr is 'fast', but a number is needed"),
            ([*train, "--lr", ""], "--lr is '', but a number is needed"),
            ([*train, "--lr", "1e999"], "--lr is '1e999', but a number from -1.7976931348623157e+308 to 1.7976931348623157e+308 is needed"),
            ([*train, "--steps", "1e3"], "--steps is '1e3', but a whole number is needed"),
            ([*train, "--steps", "0.5"], "--steps is '0.5', but a whole number is needed"),
            ([*train, "--steps", MOST + 1], f"--steps is '{MOST + 1}', but a whole number from {-MOST - 1} to {MOST} is needed"),
            ([*train, "--length", "ten"], "--length is 'ten', but a whole number is needed"),
            ([*train, "--mixer", "mamba", "--states", "x"], "--states is 'x', but a whole number is needed"),
            (["sample", "x", "--seed", -1], f"--seed is '-1', but a whole number from 0 to {2 * MOST + 1} is needed"),
            (["--threads", "many"], "--threads is 'many', but a whole number is needed"),
            (["bench", "scan", 8, "x"], "sizes is 'x', but a whole number is needed"),
            (["bench", "runtime", "--lengths", "8,x"], "--lengths is 'x', but a whole number is needed"),
        ])
        self.refuses(run("--threads", MOST, "info"), f"threads: count is {MOST}, but at most 4096 is possible")

    def test_values_that_are_missing_or_too_many(self):
        self.refuses_all([
            (["plot", "a", "--out"], "--out has no value, but a text is needed"),
            (["train", "copy", "--lr"], "--lr has no value, but a number is needed"),
            (["train", "copy", "--steps"], "--steps has no value, but a whole number is needed"),
            (["train", "copy", "--out", "--force"], "--out has no value, but a text is needed"),
            (["train", "copy", "--out=", "--force"], "--out has no value, but a text is needed"),
            (["train", "copy", "--lr", "--force"], "--lr is '--force', but a number is needed"),
            (["train", "copy", "--force=maybe"], "--force takes no value, but 'maybe' was given; --force alone is enough"),
            (["train", "copy", "--no-recompute=maybe"],
             "--no-recompute takes no value, but 'maybe' was given; --no-recompute alone is enough"),
            (["convert"], "convert needs 'from' (published weights as safetensors, or the folder of a run); scangrad convert --help shows an example"),
            (["convert", "x"], "convert needs --out (folder of a new run, or the file to write); scangrad convert --help shows an example"),
        ])

    def test_help_is_a_word_too(self):
        for words in ([], ["train"], ["train", "copy"], ["bench", "scan"]):
            self.assertEqual(self.succeeds("help", *words), self.succeeds(*words, "--help"))

    def test_nothing_says_what_the_parser_says(self):
        """Whatever is wrong with a line, no text of the library that reads it is shown."""
        options = ["--lr", "--out", "--force", "--resume"]
        values = ["", "=", "=x", " x", " 3 4", " --"]
        for option in options:
            for value in values:
                name, *rest = (option + value).split(" ")
                result = run("train", "copy", name, *rest, "--steps", "none", cwd=self.folder)
                with self.subTest(value=[name, *rest]):
                    self.assertEqual(result.returncode, 1)
                    self.assertRegex(result.stderr, r"^(scangrad|mixer|run|threads): [^\n]*\n$")
                    for word in ("required", "convert", "expected", "excludes", "arguments", "TEXT", "FLOAT", "INT"):
                        self.assertNotIn(word, result.stderr)


class Runs(CommandTest):
    """Commands that need a run."""

    def make(self, name, *args, age=0):
        result = run(*(args or ["train", "copy", *TINY]), "--out", f"runs/{name}", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        for file in (self.folder / "runs" / name).iterdir():
            time = file.stat().st_mtime - 3600 * age
            os.utime(file, (time, time))

    def says(self, *args):
        result = run(*args, cwd=self.folder)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        return result.stderr

    def test_they_list_the_runs_that_there_are(self):
        self.make("old", age=2)
        self.make("new run", age=1)
        self.make("text", "train", "text", "--layers", 1, "--dim", 8, "--length", 8, "--batch", 2, "--steps", 2, "--warmup", 0,
                  "--validation-windows", 2)
        (self.folder / "empty").mkdir()
        runs = "  runs/text     mingru on text\n  runs/new run  mingru on copy\n  runs/old      mingru on copy\n"
        needs = f"scangrad: %s needs the folder of a run; {PROGRAM} train %s makes one\n"
        newest = f"for the newest: {PROGRAM} "
        self.assertEqual(self.says("eval"), needs % ("eval", "copy") + runs + newest + "eval runs/text\n")
        self.assertEqual(self.says("sample"), needs % ("sample", "text") + "  runs/text  mingru on text\n" + newest + "sample runs/text\n")
        self.assertEqual(self.says("gates"), needs % ("gates", "copy") + runs + newest + "gates runs/text --text 'To be or not to be'\n")
        self.assertEqual(self.says("plot"), needs % ("plot", "copy") + runs + newest + "plot runs/text\n")
        self.assertEqual(self.says("plot", "gates"), needs % ("plot gates", "copy") + runs + newest + "plot gates runs/text\n")
        self.assertEqual(self.says("train", "--resume"), needs % ("train --resume", "copy") + runs + newest + "train --resume runs/text\n")
        self.assertEqual(self.says("forecast"), needs % ("forecast", "series"))
        self.assertEqual(self.says("replay"), needs % ("replay", "copy --detect-nan"))
        self.assertEqual(self.says("eval", "nowhere"),
                         "run: nowhere is no folder, but the folder of a run is needed\n" + runs + newest + "eval runs/text\n")
        self.assertEqual(self.says("sample", "empty").splitlines()[::2],
                         ["run: empty holds no config.json, so it is not the folder of a run", newest + "sample runs/text"])
        self.assertEqual(self.says("train", "copy", "--resume", "nowhere").splitlines()[-1], newest + "train --resume runs/text")

    def test_they_list_ten_at_most(self):
        self.make("a")
        config = (self.folder / "runs/a/config.json").read_text()
        for i in range(12):
            other = self.folder / "runs" / f"b{i}"
            other.mkdir()
            (other / "config.json").write_text(config)
            (other / "model.safetensors").write_text("")
        lines = self.says("eval").splitlines()
        self.assertEqual((len(lines), lines[-2]), (13, "  and 3 older ones"))

    def test_a_run_knows_its_task(self):
        self.make("a")
        self.assertIn("trained after 31 steps", self.succeeds_in("train", "--resume", "runs/a", "--steps", 31))
        self.assertIn("trained after 32 steps", self.succeeds_in("train", "--threads", 1, "--steps", 32, "--resume=runs/a"))
        self.assertIn("trained after 33 steps", self.succeeds_in("--threads", 1, "train", "copy", "--resume", "runs/a", "--steps", 33))
        self.assertIn("--length INT=12", self.succeeds_in("train", "--resume", "runs/a", "--help"))

    def succeeds_in(self, *args):
        result = run(*args, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_a_training_ends_with_what_to_try(self):
        """Each of these commands runs as it is printed."""
        copy, small = ["train", "copy", *TINY], ["--layers", 1, "--dim", 8, "--length", 12, "--batch", 4, "--steps", 30, "--eval-every", 0]
        for name, line, words in (
                ("it's mine", copy, ["eval RUN --length 24", "gates RUN", "train --resume RUN --steps 60"]),
                ("no gates", [*copy, "--mixer", "elman"], ["eval RUN --length 24", "train --resume RUN --steps 60"]),
                ("stopped", [*copy, "--stop-at", 0.001, "--mixer", "attention", "--positions", 14],
                 ["eval RUN", "train --resume RUN --steps 60 --stop-at 0"]),
                ("text", ["train", "text", *small], ["sample RUN", "gates RUN --text 'To be or not to be'", "train --resume RUN --steps 60"]),
                ("series", ["train", "series", *small], ["forecast RUN", "gates RUN", "train --resume RUN --steps 60"])):
            with self.subTest(name):
                said = self.succeeds_in(*line, "--out", name).splitlines()
                commands = [f"{PROGRAM} {each}".replace("RUN", shlex.quote(name)) for each in words]
                self.assertEqual([each[:6] for each in said[-len(words):]], ["next: ", *["      "] * (len(words) - 1)])
                self.assertEqual([shlex.split(each[6:]) for each in said[-len(words):]], [shlex.split(each) for each in commands])
                for each in said[-len(words):]:
                    result = subprocess.run(each[6:], shell=True, cwd=self.folder, capture_output=True, text=True, timeout=120)
                    self.assertEqual(result.returncode, 0, f"{each}: {result.stderr}")


if __name__ == "__main__":
    unittest.main(verbosity=1)
