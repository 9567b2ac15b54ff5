#!/usr/bin/env python3
"""How fast the example of tools/examples/README.md runs in a program of its own: alone, and next to busy programs.

    python3 tools/bench/embedded.py build [ROUNDS]      # a build folder, with -Dpython=enabled also for Python

Each program trains the same small network. With the library's own threads it is compared with OpenMP's threads under
every way in which they may wait (OMP_WAIT_POLICY). "busy": the program has the lowest priority (nice 19), and each
processor runs another program. Rounds alternate; the median time of a training step counts, the start of the program
not. A program that takes more than 20 seconds counts as that slow.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIMIT = 20  # seconds
POLICIES = {"default": {}, "passive": {"OMP_WAIT_POLICY": "passive"}, "active": {"OMP_WAIT_POLICY": "active"}}
KINDS = {"own": {}, **{f"OpenMP, {name}": setting for name, setting in POLICIES.items()}}

PYTHON = """
import os, sys, time
import numpy as np, scangrad as sg
sg.use_openmp("OPENMP" in os.environ)
steps = int(sys.argv[1])
model = sg.LanguageModel(params := sg.Params(seed=1337), vocab=16, mixer="mingru", layers=2, dim=64, expansion=4)
adam = sg.AdamW(params, lr=1e-3)
ids = (np.arange(8 * 32) % 16).astype(np.int32).reshape(8, 32)
def step():
    sg.cross_entropy(model(ids), (ids + 1) % 16).backward()
    adam.step()
step()
begin = time.monotonic()
for _ in range(steps): step()
print("seconds", time.monotonic() - begin)
"""


def cpp_program():
    """The program of the README, with a number of steps and a clock."""
    text = (ROOT / "tools/examples/README.md").read_text()
    program, = re.findall(r"^    (#include <scangrad/scangrad.h>\n.*?^    })$", text, re.M | re.S)
    program = program.replace("int main() {", """#include <chrono>
#include <cstdlib>
int main(int, char** argv) {
  use_openmp(std::getenv("OPENMP") != nullptr);
  auto begin = std::chrono::steady_clock::now();""")
    assert "step < 100" in program
    program = program.replace("step < 100; ++step) {",
                              "step <= std::atoi(argv[1]); ++step) { if (step == 1) begin = std::chrono::steady_clock::now();")
    last = program.rindex("}")
    clock = 'std::printf("seconds %f\\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());'
    return program[:last] + clock + program[last:]


def compile_cpp(build, folder):
    subprocess.run(["meson", "install", "--no-rebuild", "--quiet", "-C", build, "--destdir", folder / "root"], check=True)
    pc_file, = (folder / "root").rglob("scangrad.pc")
    prefix = next(parent for parent in pc_file.parents if (parent / "include").exists())
    flags = subprocess.run(["pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "scangrad"],
                           env={**os.environ, "PKG_CONFIG_PATH": str(pc_file.parent)}, capture_output=True, text=True, check=True)
    (folder / "example.cpp").write_text(cpp_program())
    subprocess.run(["g++", "-std=c++20", "-O2", folder / "example.cpp", *flags.stdout.split(), "-o", folder / "example"], check=True)
    return [str(folder / "example")], {"LD_LIBRARY_PATH": str(pc_file.parent.parent)}


def seconds_per_step(command, environment, steps, busy):
    """The time of a step; at least LIMIT / steps if the program does not end in time."""
    command = (["nice", "-n", "19"] if busy else []) + [*command, str(steps)]
    try:
        said = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=LIMIT, check=True)
        return float(re.findall(r"^seconds (\S+)$", said.stdout, re.M)[0]) / steps
    except subprocess.TimeoutExpired:
        return LIMIT / steps


def measure(programs, steps, rounds, busy):
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() if busy else 0)]
    time.sleep(1 if busy else 0)
    try:
        times = {}
        for _ in range(rounds):
            for language, (command, environment) in programs.items():
                for kind, setting in KINDS.items():
                    choice = {**environment, **setting, **({} if kind == "own" else {"OPENMP": "1"})}
                    times.setdefault((language, kind), []).append(seconds_per_step(command, choice, steps, busy))
    finally:
        for burner in burners:
            burner.kill()
    return {key: statistics.median(values) for key, values in times.items()}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        programs = {"C++": compile_cpp(build, pathlib.Path(name))}
        package = build / "tools/python/package"
        if list(package.rglob("_core*.so")):
            programs["Python"] = [sys.executable, "-c", PYTHON], {"PYTHONPATH": str(package)}
        print(f"{'milliseconds of a step':<16} {'own':>8} " + " ".join(f"{kind:>16}" for kind in list(KINDS)[1:]) + "  own / best")
        for busy, steps in ((False, 200), (True, 10)):
            times = measure(programs, steps, rounds, busy)
            for language in programs:
                row = [1e3 * times[language, kind] for kind in KINDS]
                print(f"{language + (', busy' if busy else ', alone'):<22} {row[0]:>8.2f} " +
                      " ".join(f"{each:>16.2f}" for each in row[1:]) + f"  {row[0] / min(row[1:]):>10.2f}", flush=True)


if __name__ == "__main__":
    main()
