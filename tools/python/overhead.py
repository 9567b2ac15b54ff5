#!/usr/bin/env python3
"""Measures how much time Python adds to a training step: runs the same steps in C++ and in Python alternately.

    meson setup build -Dpython=enabled && ninja -C build all scangrad-overhead
    python3 tools/python/overhead.py build

The last line is "python adds ... us to a step (best of 9 rounds each)". Both must end with the same loss.
"""

import pathlib
import subprocess
import sys
import time

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
sys.path.insert(0, str(build / "tools/python/package"))

import numpy as np  # noqa: E402

import scangrad  # noqa: E402

DIM, LENGTH, STEPS, ROUNDS = 16, 8, 2000, 9


def in_cpp():
    program = build / "tools/python/scangrad-overhead"
    words = subprocess.run([program, *map(str, (DIM, LENGTH, STEPS))], capture_output=True, text=True, check=True)
    loss, microseconds = map(float, words.stdout.split())
    return loss, microseconds


def in_python():
    params = scangrad.Params(seed=1)
    model = scangrad.LanguageModel(params, mixer="mingru", layers=1, dim=DIM, expansion=1)
    adam = scangrad.AdamW(params, lr=1e-3, clip=1)
    ids = np.arange(LENGTH, dtype=np.int32).reshape(1, -1) % 16
    value = 0.0
    start = time.perf_counter()
    for _ in range(STEPS):
        state = model.start(1)
        loss = scangrad.cross_entropy(model(ids, state), ids)
        loss.backward()
        adam.step()
        value = loss.item()
    return value, (time.perf_counter() - start) / STEPS * 1e6


cpp, python = [], []
for _ in range(ROUNDS):
    (loss, microseconds), (same, others) = in_cpp(), in_python()
    if abs(loss - same) > 1e-6 * abs(loss):
        sys.exit(f"overhead: the loss is {loss} in C++ but {same} in Python, so the steps are not the same")
    cpp.append(microseconds)
    python.append(others)
print("C++    us a step:", *(f"{each:.1f}" for each in cpp))
print("Python us a step:", *(f"{each:.1f}" for each in python))
print(f"python adds {min(python) - min(cpp):.1f} us to a step of {min(cpp):.1f} us (best of {ROUNDS} rounds each)")
