"""What a night may bring: runs of the program are killed, disks fill up, memory ends, clocks jump; no run may be lost.

    python3 faults_test.py build/scangrad 8 [TEST...]           with eight kills; more of them find more

Tests are Kills, Limits, FileSystems, Calls, Clock, or one of their methods. The exit status is 77 where a test had to
be skipped, since skipping is not passing.
"""
import collections
import csv
import errno
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

from command import PROGRAM, run
from started import COMMON, COPY, TINY, Started, main, steps_of, tensors_of

KILLS = int(sys.argv.pop(1))
SEED = int(os.environ.get("SCANGRAD_SEED", random.SystemRandom().randrange(10**6)))
OUTPUT_IS_FULL = "scangrad: the output cannot be written: No space left on device"
OUTPUT_IS_CLOSED = "scangrad: the output cannot be written: Bad file descriptor\n"
NOTHING_TO_RESUME = "exists and is not empty, but holds no run to go on with; --force replaces what one left there\n"


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


def caught(process, number):
    """Whether a process has a handler of its own for a signal."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.M)[1], 16) >> (number - 1) & 1 == 1


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
        """Trains in a folder, however often that takes, and goes on as a user would."""
        new = ["train", task, *options, "--out", folder]
        while True:
            threads = ["--threads", self.random.choice((1, 2, 3))]
            if (folder / "config.json").exists():
                args = ["train", task, "--resume", folder, *threads]
            elif folder.exists() and any(path.suffix != ".tmp" and path.name != "lock" for path in folder.iterdir()):
                self.refuses(run("train", task, "--resume", folder),
                             f"run: {folder} holds no config.json, so there is nothing to resume")
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


class Limits(Started):
    def little_memory(self, megabytes):
        limits = [(resource.RLIMIT_AS, megabytes << 20)]
        process = self.start("--version", limits=[(resource.RLIMIT_AS, 1 << 30)])
        process.communicate(timeout=60)
        if process.returncode != 0:
            self.skipTest("under a sanitizer, which takes all addresses there are, memory cannot be limited")
        return limits

    def test_a_file_that_may_not_grow_ends_the_run_with_one_line_and_resuming_gives_the_same_bits(self):
        whole, folder = self.folder / "whole", self.folder / "run"
        self.succeeds("train", *COPY, "--out", whole)
        state = (whole / "train.safetensors").stat().st_size
        # The metrics are the first to grow too large; then weights; then a state.
        for most in (500, state // 3 - 1, state - 1):
            with self.subTest(most=most):
                shutil.rmtree(folder, ignore_errors=True)
                process = self.start("train", *COPY, "--out", folder)
                self.wait_for(lambda: (folder / "metrics.csv").exists() and (folder / "metrics.csv").stat().st_size > 0)
                process.kill()
                process.communicate()
                process = self.start("train", "copy", "--resume", folder, limits=[(resource.RLIMIT_FSIZE, most)])
                self.ends_with(process, r"(metrics|atomic_file|event_file): .*File too large\)?")
                self.succeeds("train", "copy", "--resume", folder)
                self.same_is_left(folder, whole)

    def test_memory_that_ends_is_one_line(self):
        """Whatever asks for it."""
        sizes = ["--threads", 1, "--length", 60, "--batch", 128, "--dim", 64, "--steps", 2, "--eval-every", 0]
        least = None
        for megabytes in range(24, 400, 12):
            shutil.rmtree(self.folder / "run", ignore_errors=True)
            process = self.start("train", *TINY, *sizes, "--out", self.folder / "run", limits=self.little_memory(megabytes))
            out, err = process.communicate(timeout=120)
            if process.returncode == 0:
                least = megabytes
                break
            if process.returncode == 127:  # not even the libraries found room
                continue
            self.assertEqual(process.returncode, 1, f"{megabytes} MiB: {err}")
            self.assertRegex(err, r"^(tensor: no room for shape \[.*\]: memory: \d+ bytes were asked for, but the system has no more "
                                  r"\(\d+ bytes are in use\)|memory: .*|gemm: .*|scangrad: the system has no more memory|libgomp: .*)\n$")
        self.assertIsNotNone(least)

    def test_sizes_beyond_all_memory_are_one_line(self):
        for option, value in (("--batch", 10**8), ("--dim", 10**6), ("--layers", 10**12), ("--length", 10**12), ("--vocab", 10**12),
                              ("--vocab", 2**62), ("--mlp", 10**12), ("--kernel", 10**12)):
            with self.subTest(option=option):
                process = self.start("train", *TINY, option, value, "--threads", 1, "--out", self.folder / "run",
                                     limits=self.little_memory(1024))
                self.ends_with(process, r"[a-z_]+: \S.*")

    def test_a_data_file_that_does_not_fit_is_one_line(self):
        data = self.folder / "data.csv"
        with data.open("w") as file:
            file.writelines("1.5,2.5,3.5\n" for _ in range(2_000_000))
        process = self.start("train", "series", "--data", data, "--threads", 1, "--out", self.folder / "run",
                             limits=self.little_memory(96))
        self.ends_with(process, "scangrad: the system has no more memory")
        self.assertFalse((self.folder / "run").exists())

    def test_a_data_file_that_becomes_shorter_is_one_line(self):
        text, folder = self.folder / "text", self.folder / "run"
        text.write_text("to be or not to be, that is the question.\n" * 40000)
        process = self.start("train", "text", "--data", text, "--level", "bytes", "--length", 16, "--layers", 1, "--dim", 8, "--steps", 10**6,
                             "--warmup", 0, "--batch", 4, "--eval-every", 10, "--log-every", 1, "--validation-windows", 4, "--out", folder)
        self.wait_for(lambda: (folder / "model.safetensors").exists())
        os.truncate(text, 0)
        self.ends_with(process, "scangrad: a file that is being read has become shorter")
        self.assertTrue(tensors_of(folder / "train.safetensors"))

    def test_a_folder_that_is_removed_is_one_line(self):
        folder = self.folder / "run"
        process = self.start("train", *TINY, "--steps", 10**6, "--out", folder)
        self.wait_for(lambda: (folder / "model.safetensors").exists())
        folder.rename(self.folder / "elsewhere")
        self.ends_with(process, rf"(metrics|event_file|atomic_file): .*{folder}/.*No such file or directory\)?")
        step = steps_of(self.folder / "elsewhere")
        self.succeeds("train", "copy", "--resume", self.folder / "elsewhere", "--steps", step + 10)

    def test_a_curve_that_cannot_be_drawn_does_not_matter(self):
        folder = self.folder / "run"
        self.succeeds("train", *TINY, "--steps", 10, "--out", folder)
        for name in ("curve.svg", "curve.png"):
            (folder / name).unlink(missing_ok=True)
            (folder / name / "in the way").mkdir(parents=True)
        said = self.succeeds("train", "copy", "--resume", folder, "--steps", 20)
        self.assertIn("no curve drawn: ", said)
        self.assertIn("test accuracy", said)

    def test_an_output_that_nobody_reads_ends_the_run_saved(self):
        folder = self.folder / "run"
        process = self.start("train", *TINY, "--steps", 10**4, "--out", folder)
        for _ in range(4):
            process.stdout.readline()
        process.stdout.close()
        self.assertEqual((process.stderr.read(), process.wait(timeout=60)), ("", -signal.SIGPIPE))
        process.stderr.close()
        step = steps_of(folder)
        self.assertLess(step, 10**4)
        self.assertIn(f"trained after {step + 10} steps", self.succeeds("train", "copy", "--resume", folder, "--steps", step + 10))

    def test_an_output_that_is_full_does_not_matter_to_the_run_but_to_its_exit_status(self):
        folder = self.folder / "run"
        with open("/dev/full", "w") as full:
            result = subprocess.run([PROGRAM, "train", *map(str, TINY), "--steps", "30", "--out", folder], stdout=full,
                                    stderr=subprocess.PIPE, text=True, check=False)
        self.refuses(result, OUTPUT_IS_FULL)
        self.assertEqual(steps_of(folder), 30)

    def test_an_output_that_is_lost_is_one_line_and_no_success(self):
        folder = self.text_run()
        long = ["sample", folder, "--tokens", 10**9]  # ends where the output does
        for args in (["params", "--dim", 8], ["eval", folder], ["explain", "scan"], ["--version"], ["train", "text", "--help"], long):
            with self.subTest(args=args), open("/dev/full", "w") as full:
                self.refuses(subprocess.run([PROGRAM, *map(str, args)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False),
                             OUTPUT_IS_FULL)
        closed = subprocess.run(["sh", "-c", '"$0" --version >&-', PROGRAM], stderr=subprocess.PIPE, text=True, check=False)
        self.refuses(closed, OUTPUT_IS_CLOSED[:-1])

    def test_streams_that_are_closed_are_no_file_of_the_run(self):
        whole, folder = self.folder / "whole", self.folder / "run"
        self.succeeds("train", *TINY, "--steps", 30, "--out", whole)
        for closed, said in ((">&-", OUTPUT_IS_CLOSED), ("<&- >&-", OUTPUT_IS_CLOSED), ("<&- >&- 2>&-", "")):
            with self.subTest(closed=closed):
                shutil.rmtree(folder, ignore_errors=True)
                command = ["sh", "-c", f'exec "$0" "$@" {closed}', PROGRAM, "train", *TINY, "--steps", 30, "--out", folder]
                result = subprocess.run(list(map(str, command)), stderr=subprocess.PIPE, text=True, timeout=60, check=False)
                self.assertEqual((result.returncode, result.stderr), (1, said))
                self.assertEqual((folder / "lock").read_text(), "")
                self.same_is_left(folder, whole)

    def test_an_error_that_cannot_be_said_is_one_all_the_same(self):
        folder = self.text_run()
        sample = ["sample", folder, "--tokens", 20]
        written = self.said_without_errors(sample, "2>/dev/null")
        for lost in ("2>/dev/full", "2>&-"):
            with self.subTest(lost=lost):
                self.assertEqual(self.said_without_errors(["eval", "/nowhere"], lost), (1, ""))
                self.assertEqual(self.said_without_errors(["--version"], f"{lost} >/dev/full"), (1, ""))
                self.assertEqual(self.said_without_errors(sample, lost), written)
        self.assertEqual((written[0], len(written[1])), (0, 22))

    def said_without_errors(self, args, how):
        """Exit status and output of the program where a shell redirects it."""
        result = subprocess.run(["sh", "-c", f'exec "$0" "$@" {how}', PROGRAM, *map(str, args)], stdout=subprocess.PIPE, text=True, timeout=60,
                                check=False)
        return result.returncode, result.stdout

    def test_a_reader_that_has_enough_is_no_error(self):
        """The program ends by the signal as any other does; where that is ignored, it says nothing either."""
        folder = self.text_run()
        for ignored, status in ((False, -signal.SIGPIPE), (True, 1)):
            for args in (["sample", folder, "--tokens", 10**9], ["explain", "scan"]):
                with self.subTest(args=args, ignored=ignored):
                    ours, theirs = os.pipe()
                    if args[0] != "sample":
                        os.close(ours)
                    process = subprocess.Popen([PROGRAM, *map(str, args)], stdout=theirs, stderr=subprocess.PIPE, text=True,
                                               restore_signals=not ignored)
                    os.close(theirs)
                    if args[0] == "sample":
                        os.read(ours, 1)
                        os.close(ours)
                    self.assertEqual((process.communicate(timeout=60)[1], process.returncode), ("", status))

    def test_a_second_ctrl_c_ends_a_long_prompt(self):
        folder = self.text_run("--mixer", "attention", "--dim", 64)  # so that it takes minutes
        prompt = "to be or not to be, that is the question. " * 3000
        process = self.start("sample", folder, "--prompt", prompt, "--tokens", 10)
        self.assertEqual(process.stdout.read(len(prompt)), prompt)
        self.assertTrue(caught(process, signal.SIGINT))
        process.send_signal(signal.SIGINT)
        self.wait_for(lambda: not caught(process, signal.SIGINT))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGINT)

    def test_a_run_in_the_background_is_not_meant_by_ctrl_c(self):
        """Shells ignore it there."""
        folder = self.folder / "run"
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = self.start("train", *TINY, "--steps", 10**6, "--out", folder)
        finally:
            signal.signal(signal.SIGINT, before)
        self.wait_for(lambda: (folder / "model.safetensors").exists())
        self.assertFalse(caught(process, signal.SIGINT))
        self.assertTrue(caught(process, signal.SIGTERM))
        process.terminate()
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (130, ""), out)


class FileSystems(Started):
    """With small and read-only ones, which need the right to mount."""

    def mounted(self, script):
        """A shell script in which $disk is a new file system of 1 MB, and $program what it says."""
        disk = self.folder / "disk"
        disk.mkdir(exist_ok=True)
        words = ["sh", "-ec", f'mount -t tmpfs -o size=1m none "$disk"\n{script}']
        environment = os.environ | {"disk": str(disk), "program": PROGRAM}
        for unshare in (["unshare", "-m"], ["unshare", "-rm"]):
            if shutil.which("unshare") and subprocess.run([*unshare, "sh", "-c", f"mount -t tmpfs none {disk}"], capture_output=True,
                                                          check=False).returncode == 0:
                return disk, subprocess.run([*unshare, *words], env=environment, capture_output=True, text=True, check=False, timeout=120)
        self.skipTest("nothing may be mounted here")
        return None

    def test_a_full_disk_ends_the_run_with_one_line_and_resuming_gives_the_same_bits(self):
        tiny = " ".join(map(str, [*TINY, "--dim", 32, "--log-every", 1]))
        disk, result = self.mounted(f'''
            "$program" train {tiny} --steps 1000 --out {self.folder}/whole >/dev/null
            "$program" train {tiny} --steps 1000 --out "$disk/run" >/dev/null & pid=$!
            while ! grep -q "^20," "$disk/run/metrics.csv" 2>/dev/null; do sleep 0.01; done
            head -c 2000000 /dev/zero >"$disk/rest" 2>/dev/null || true
            wait $pid && echo "it went on" >&2 || echo "status $?" >&2
            rm "$disk/rest"
            "$program" train copy --resume "$disk/run" >/dev/null
            cp -r "$disk/run" {self.folder}/run''')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"^(metrics|event_file|atomic_file): .*No space left on device\)?\nstatus 1\n$")
        self.same_is_left(self.folder / "run", self.folder / "whole")

    def test_a_read_only_disk_is_one_line_and_touches_nothing(self):
        tiny = " ".join(map(str, TINY))
        disk, result = self.mounted(f'''
            "$program" train {tiny} --steps 10 --out "$disk/run" >/dev/null
            mount -o remount,ro "$disk"
            "$program" train copy --resume "$disk/run" --steps 20 && exit 3
            "$program" train {tiny} --out "$disk/new" && exit 4
            "$program" train {tiny} --out "$disk/run" --force && exit 5
            cp -r "$disk/run" {self.folder}/run''')
        self.assertEqual(result.returncode, 0, result.stderr)
        refused = "run: {} cannot be written: Read-only file system\n"
        self.assertEqual(result.stderr, refused.format(disk / "run") + refused.format(disk / "new") + refused.format(disk / "run"))
        self.succeeds("train", "copy", "--resume", self.folder / "run", "--steps", 20)

    def test_curves_need_no_other_place(self):
        if not shutil.which("gnuplot"):
            self.skipTest("there is no gnuplot")
        tiny = " ".join(map(str, TINY))
        disk, result = self.mounted(f'''
            mount --rbind /tmp /tmp
            mount -o remount,bind,ro /tmp
            "$program" train {tiny} --steps 10 --out "$disk/run"
            ls "$disk/run"''')
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("\ncurve.png\ncurve.svg\n", result.stdout)

    def test_a_folder_without_permission_is_one_line(self):
        program, folder = self.folder / "program", self.folder / "locked" / "run"
        nobody = []
        if os.geteuid() == 0:  # who may write everywhere
            nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            if not shutil.which("setpriv"):
                self.skipTest("root has no setpriv to become somebody else")
        shutil.copy(PROGRAM, program)
        self.folder.chmod(0o755)
        folder.parent.mkdir()
        folder.parent.chmod(0o555)
        self.refuses(subprocess.run([*nobody, program, "train", *map(str, TINY), "--out", folder], capture_output=True, text=True, check=False),
                     f"run: {folder} cannot be written: Permission denied")
        folder.parent.chmod(0o755)
        self.succeeds("train", *TINY, "--steps", 10, "--out", folder)
        folder.chmod(0o555)
        self.refuses(subprocess.run([*nobody, program, "train", "copy", "--resume", folder], capture_output=True, text=True, check=False),
                     f"run: {folder} cannot be written: Permission denied")
        folder.chmod(0o755)


class Calls(Started):
    """With calls of the system that fail: the library that lets them is named in SCANGRAD_CALLS."""

    def with_calls(self, *args, **how):
        return self.start(*args, env=self.preloaded("SCANGRAD_CALLS", "library with calls that fail", **how))

    def test_where_files_cannot_be_locked_a_run_goes_on_without(self):
        folder = self.folder / "run"
        left = folder / "train.safetensors.1-1.tmp"
        for reason in (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK):
            with self.subTest(reason=reason):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                left.write_text("of another process, which may live")
                process = self.with_calls("train", *TINY, "--steps", 10, "--out", folder, FLOCK_FAILS=str(reason))
                out, err = process.communicate(timeout=120)
                self.assertEqual((process.returncode, err), (0, ""), out)
                self.assertTrue(left.exists())

    def test_a_lock_that_fails_is_one_line_with_the_reason(self):
        folder = self.folder / "run"
        process = self.with_calls("train", *TINY, "--steps", 10, "--out", folder, FLOCK_FAILS=str(errno.EIO))
        self.ends_with(process, f"run: {folder} cannot be locked: Input/output error")

    def test_metrics_that_do_not_reach_the_disk_end_the_run_with_one_line(self):
        whole, folder = self.folder / "whole", self.folder / "run"
        self.succeeds("train", *TINY, "--steps", 20, "--out", whole)
        for name, unit in (("metrics.csv", "metrics"), ("metrics.jsonl", "metrics"), ("events.out.tfevents", "event_file")):
            with self.subTest(name=name):
                shutil.rmtree(folder, ignore_errors=True)
                process = self.with_calls("train", *TINY, "--steps", 20, "--out", folder, FSYNC_FAILS=str(errno.EIO), FSYNC_FAILS_FOR=name)
                self.ends_with(process, rf"{unit}: {folder}/{name}\S* cannot be written any more: Input/output error")
                self.assertEqual(steps_of(folder), 0)
                self.succeeds("train", "copy", "--resume", folder)
                self.same_is_left(folder, whole)

    def test_a_renaming_that_does_not_reach_the_disk_is_one_line(self):
        folder = self.folder / "run"
        self.succeeds("train", *TINY, "--steps", 10, "--out", folder)
        process = self.with_calls("train", "copy", "--resume", folder, "--steps", 20, FSYNC_FAILS=str(errno.EIO), FSYNC_FAILS_FOR="/run$")
        self.ends_with(process, rf"atomic_file: cannot write {folder}/\S+ \(Input/output error\)")
        self.assertEqual(list(folder.glob("*.tmp")), [])
        self.succeeds("train", "copy", "--resume", folder, "--steps", 20)

    def test_what_cannot_be_synced_is_written_all_the_same(self):
        folder = self.folder / "run"
        for reason in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            with self.subTest(reason=reason):
                shutil.rmtree(folder, ignore_errors=True)
                process = self.with_calls("train", *TINY, "--steps", 10, "--out", folder, FSYNC_FAILS=str(reason))
                out, err = process.communicate(timeout=120)
                self.assertEqual((process.returncode, err), (0, ""), out)

    def test_a_state_is_on_the_disk_after_the_metrics_of_its_steps_and_before_its_name(self):
        folder, calls = self.folder / "run", self.folder / "calls"
        process = self.with_calls("train", *TINY, "--steps", 30, "--out", folder, CALLS=str(calls))
        out, err = process.communicate(timeout=120)
        self.assertEqual((process.returncode, err), (0, ""), out)
        saves, synced = 0, []
        for line in calls.read_text().splitlines():
            call, path = line.split(" ", 1)
            name = pathlib.Path(path).name
            if call == "rename" and name == "train.safetensors":
                kinds = [re.match("metrics.csv|metrics.jsonl|events|train.safetensors|", each)[0] for each in synced]
                self.assertEqual(kinds[-1], "train.safetensors")
                if saves > 0:  # the first is before any metrics
                    self.assertLessEqual({"metrics.csv", "metrics.jsonl", "events"}, set(kinds))
                saves, synced = saves + 1, []
            elif call == "fsync":
                synced.append(name)
        self.assertEqual(saves, 4)


class Clock(Started):
    """With a system clock that jumps by years: libraries for the program are named in SCANGRAD_CLOCK."""

    def test_times_are_those_of_a_clock_that_only_goes_on(self):
        environment = self.preloaded("SCANGRAD_CLOCK", "clock that jumps")
        look = "import time; print(max(abs(time.time() - time.time()) for _ in range(3)) > 1e6)"
        seen = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=True)
        self.assertEqual(seen.stdout, "True\n")
        folder = self.folder / "run"
        before = time.monotonic()
        process = self.start("train", *TINY, "--steps", 200, "--log-every", 5, "--out", folder, env=environment)
        out, err = process.communicate(timeout=120)
        lasted = time.monotonic() - before
        self.assertEqual((process.returncode, err), (0, ""))
        rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
        seconds = [float(row["seconds"]) for row in rows]
        self.assertEqual(seconds, sorted(seconds))
        self.assertTrue(all(0 < each < lasted for each in seconds), seconds)
        self.assertTrue(all(float(row["tokens_per_s"]) > 0 for row in rows))
        for minutes, rest in re.findall(r"  (\d+):(\d\d) left", out):
            self.assertLess(60 * int(minutes) + int(rest), 60 + 20 * lasted)
        self.assertNotIn("-", "".join(re.findall(r"tokens/s  \S+ left", out)))
        names = [path.name for path in folder.glob("events.out.tfevents.*")]
        self.assertEqual(len(names), 1)


if __name__ == "__main__":
    main()
