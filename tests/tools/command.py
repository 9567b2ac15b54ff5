"""What tests of the program's commands share: running it as a user would. Its path is their first argument."""
import json
import math
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

signal.signal(signal.SIGINT, signal.default_int_handler)  # which programs would leave ignored, as it is in the background

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())

# Of train copy: a second of training.
TINY = ["--length", "12", "--tokens", "2", "--vocab", "6", "--layers", "1", "--dim", "8", "--expansion", "2", "--batch", "8",
        "--steps", "30", "--warmup", "0", "--eval-every", "10", "--log-every", "5", "--validation-examples", "16",
        "--test-examples", "16"]


NO_RUNS = tempfile.TemporaryDirectory()  # a folder where no runs are that the program would list


def run(*args, cwd=NO_RUNS.name):
    return subprocess.run([PROGRAM, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=120)


def on_terminal(*args, columns):
    """The exit status of the program, and what it writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    process = subprocess.Popen([PROGRAM, *map(str, args)], stdout=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(), shown.decode().replace("\r\n", "\n")


def mixers():
    """The mixers that the program has."""
    words = " ".join(run("train", "copy", "--help").stdout.split())
    return re.search(r"what mixes over time \(([^)]*)\)", words)[1].split(", ")


def tasks():
    """The tasks that the program has, in its order."""
    return re.findall(r"^  (\w+) ", run("train", "--help").stdout.split("Subcommands:")[1], re.M)


def read_npy(path, code):
    """The shape and the numbers of a file; code: "f" for 32 bits, "d" for 64."""
    content = path.read_bytes()
    length = struct.unpack("<H", content[8:10])[0]
    header, numbers = content[10:10 + length], content[10 + length:]
    shape = tuple(int(size) for size in re.search(rb"\(([\d, ]*)\)", header)[1].split(b",") if size.strip())
    return shape, struct.unpack(f"<{math.prod(shape)}{code}", numbers)


def tensors(path):
    """The bytes of each tensor of a safetensors file."""
    content = path.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    return {name: content[start + at["data_offsets"][0]:start + at["data_offsets"][1]]
            for name, at in json.loads(content[8:start]).items() if name != "__metadata__"}


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.folder = pathlib.Path(self.place.name)

    def refuses(self, result, message):
        """One line on stderr, exit status 1."""
        self.assertEqual((result.returncode, result.stderr), (1, message + "\n"), result.stdout)

    def succeeds(self, *args):
        result = run(*args)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return result.stdout

    def wait_for(self, holds):
        for _ in range(2400):
            if holds():
                return
            time.sleep(0.025)
        self.fail("it takes too long")
