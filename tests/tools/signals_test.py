"""The program where Ctrl-C comes, comes twice, or is not meant for it.

    python3 signals_test.py build/scangrad
"""
import os
import pathlib
import pty
import re
import signal
import subprocess

from command import PROGRAM
from faults import TINY, Started, main


def caught(process, number):
    """Whether a process has a handler of its own for a signal."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.M)[1], 16) >> (number - 1) & 1 == 1


def processor_ticks(process):
    """Of a hundredth of a second, that a process has worked for."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Signals(Started):
    def test_a_second_ctrl_c_ends_a_long_prompt(self):
        folder = self.text_run("--mixer", "attention", "--dim", 64)  # so that it takes minutes
        prompt = "to be or not to be, that is the question. " * 3000
        process = self.start("sample", folder, "--prompt", prompt, "--tokens", 10)
        self.assertEqual(process.stdout.read(len(prompt)), prompt)
        self.assertTrue(caught(process, signal.SIGINT))
        before = processor_ticks(process)
        self.wait_for(lambda: processor_ticks(process) > before + 10)  # it reads the prompt
        process.send_signal(signal.SIGINT)
        self.wait_for(lambda: not caught(process, signal.SIGINT))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGINT)

    def test_a_terminal_hears_what_ctrl_c_does(self):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, "train", *map(str, TINY), "--steps", str(10**6), "--out", self.folder / "run"],
                                   stdout=subprocess.DEVNULL, stderr=theirs)
        self.addCleanup(process.kill)
        os.close(theirs)
        self.wait_for(lambda: (self.folder / "run" / "model.safetensors").exists())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.assertEqual(os.read(ours, 1000), b"\r\nstops after this step, and its validation if one is due, and saves; a second Ctrl-C ends it at once\r\n")
        os.close(ours)

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


if __name__ == "__main__":
    main()
