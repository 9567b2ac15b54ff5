#!/usr/bin/env python3
"""Does the work of a benchmark in another framework, for `scangrad bench ... --peer`.

    PYTHON tools/bench/peer/peer.py torch      or: jax; any: the first of them that PYTHON can import

It reads requests, one a line, and answers each with lines that end with "ready". So a program can take turns with it.

    (at its start)                   title PyTorch 2.15.0 / note LINE
    work layer mingru 8 4096 256     preparing FORM PRECISION / form FORM PRECISION SECONDS FIRST DIFFERENCE /
                                     failed FORM PRECISION WHY
    run FORM PRECISION               ran SECONDS

After `work` each form runs twice. FIRST is the time of the first run, which compiles, SECONDS that of the second run. The
results of each form must be those of the plainest form in float, apart from rounding: DIFFERENCE is the difference
relative to the results, by the roots of mean squares. SECONDS is for one token if the work is `generate`.
"""

import datetime
import importlib
import os
import statistics
import sys
import time

import environment
import releases

MOST_DIFFERENCE = {"float": 1e-2, "bf16": 1e-1}
LEAST_TURN = 0.1  # seconds


def timed(run):
    start = time.perf_counter()
    results = run()
    return time.perf_counter() - start, results


def turn(run):
    """Seconds of a run. Short ones are repeated, because the first one finds the caches full of the other program's data."""
    times = [timed(run)[0]]
    while sum(times) < LEAST_TURN:
        times.append(timed(run)[0])
    return statistics.median(times[1:] or times)


def one_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class Peer:
    def __init__(self, framework, answer):
        self.framework, self.answer, self.runs, self.parts = framework, answer, {}, 1

    def work(self, name, *words):
        self.runs.clear()
        work = self.framework.WORKS[name](*(int(word) if word.isdigit() else word for word in words))
        self.parts = getattr(work, "parts", 1)
        small, firsts = work.small(), {}
        expected = small.build(work.reference, "float")()
        for form, precision in work.variants:
            self.answer(f"preparing {form} {precision}")
            try:
                run = work.build(form, precision)
                first, firsts[form, precision] = timed(run)
                plain = form.replace("+compiled", "")
                if plain == form:
                    apart = self.framework.difference(small.build(form, precision)(), expected)
                else:  # compiling it again for a small size takes too long
                    apart = self.framework.difference(firsts[form, precision], firsts[plain, precision])
                if not apart <= MOST_DIFFERENCE[precision]:
                    raise ArithmeticError(f"other results than {work.reference}: they differ by {apart:.1e}")
                seconds, _ = timed(run)
            except Exception as error:  # pylint: disable=broad-except  # whatever this version cannot do
                self.answer(f"failed {form} {precision} {one_line(error)}")
                continue
            self.runs[form, precision] = run
            self.answer(f"form {form} {precision} {seconds / self.parts} {first} {apart}")

    def run(self, form, precision):
        self.answer(f"ran {turn(self.runs[form, precision]) / self.parts}")


def framework_of(word):
    names = ["torch", "jax"] if word == "any" else [word]
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            if name == names[-1]:
                sys.exit(f"it cannot import {' or '.join(names)}: {one_line(error)}")
            continue
        return importlib.import_module(f"{name}_works")


def main(word):
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints is no answer

    def answer(line):
        print(line, file=channel, flush=True)
    framework = framework_of(word)
    answer(f"title {framework.TITLE} {framework.VERSION}")
    how = environment.how_to_update(framework.PACKAGE)
    for note in releases.notes(framework.PACKAGE, framework.VERSION, how, datetime.date.today()):
        answer(f"note {note}")
    answer("ready")
    peer = Peer(framework, answer)
    for line in sys.stdin:
        request, *words = line.split()
        {"work": peer.work, "run": peer.run}[request](*words)
        answer("ready")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
    else:
        main(sys.argv[1])
