"""The program where what it says cannot be written: the disk is full, the stream closed, the reader gone.

    python3 outputs_test.py build/scangrad
"""
import os
import shutil
import signal
import subprocess

from command import PROGRAM
from faults import TINY, Started, main, steps_of

OUTPUT_IS_FULL = "scangrad: the output cannot be written: No space left on device"
OUTPUT_IS_CLOSED = "scangrad: the output cannot be written: Bad file descriptor\n"


class Outputs(Started):
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


if __name__ == "__main__":
    main()
