#!/usr/bin/env python3
"""Trains a small minGRU on the bytes of a text and lets it write.

    pip install .                     # once, from the project's folder
    python3 tools/examples/example.py [TEXT]

The text is this file where none is given, which is then learned by heart. A few seconds on two cores.
"""

import pathlib
import sys

import numpy as np

import scangrad

ROWS, LENGTH, STEPS = 16, 128, 300

path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__)
text = np.frombuffer(path.read_bytes(), np.uint8)
if len(text) <= LENGTH:
    sys.exit(f"example: {path} has {len(text)} bytes, but more than {LENGTH} are needed")

params = scangrad.Params(seed=1337)
model = scangrad.LanguageModel(params, vocab=256, mixer="mingru", layers=2, dim=128, expansion=2, kernel=4)
adam = scangrad.AdamW(params, lr=3e-3, clip=1.0)
rate = scangrad.Schedule(lr=3e-3, min_lr=3e-4, warmup=20, steps=STEPS)
random = np.random.default_rng(1337)
print(f"{params.count} parameters, {len(text)} bytes of text, {scangrad.threads()} threads")

for step in range(STEPS):
    begins = random.integers(0, len(text) - LENGTH, ROWS)
    windows = np.stack([text[begin : begin + LENGTH + 1] for begin in begins])
    logits = model(windows[:, :-1])
    loss = scangrad.cross_entropy(logits, windows[:, 1:])
    loss.backward()
    adam.lr = rate(step)
    norm = adam.step()
    if step % 50 == 0 or step == STEPS - 1:
        print(f"step {step:4}   loss {loss.item():.3f} nats a byte   gradient {norm:.2f}")

# One token at a time from a carried state: what a token costs does not grow with what was written before.
prompt = bytes(text[:24])
written = bytes(scangrad.generate(model, prompt, 200, rng=scangrad.Rng(1), temperature=0.5))
print((prompt + written).decode(errors="replace"))
