"""`bench ... --peer` with frameworks that only exist in this test: a program that answers as tools/bench/peer/peer.py does, and a
python3 that makes environments with it. Nothing is downloaded.

    python3 peer_test.py build/scangrad
"""
import csv
import datetime
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import unittest

from command import PROGRAM, CommandTest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "tools" / "bench" / "peer"
SMALL = ["bench", "layer", "2", "8", "4", "--mixers", "mingru"]

# What a peer answers. It also writes down what it was asked.
PEER = """#!/usr/bin/python3
import os, sys
asked = open(LOG, "a", buffering=1)
def answer(*lines):
    print(*lines, "ready", sep="\\n", flush=True)
answer("title PyTorch 9.9", "note released on 2026-01-02, 3 days ago")
for line in sys.stdin:
    asked.write(os.environ["OMP_NUM_THREADS"] + " " + line)
    words = line.split()
    if words[0] == "work":
        answer("preparing log float", "form log float 0.75 0.8 1e-7", "form loop float 0.5 0.6 0", "form doubling float 2 2 0",
               "form log+compiled bf16 0.25 9 1e-3", "failed loop bf16 it cannot")
    else:
        ENDS
        answer("ran " + {"log": "0.7", "loop": "0.5", "log+compiled": "0.2"}[words[1]])
"""


class Peer(CommandTest):
    def peer(self, ends="pass", name="peer"):
        path, self.log = self.folder / name, self.folder / "log"
        path.write_text(PEER.replace("LOG", repr(str(self.log))).replace("ENDS", ends))
        path.chmod(0o755)
        return path

    def bench(self, *args, **environment):
        return subprocess.run([PROGRAM, *map(str, args)], env={**os.environ, **environment}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, check=False)

    def test_forms_are_printed_with_the_best_of_each_precision(self):
        result = self.bench(*SMALL, "--peer", self.peer(), "--threads", 1, "--out", self.folder / "out")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("PyTorch 9.9: released on 2026-01-02, 3 days ago\n", result.stdout)
        self.assertRegex(result.stdout, r"\n  log +700\.000 +[\d.]+x\n")
        self.assertRegex(result.stdout, r"\n  doubling +2000\.000\* +[\d.]+x\n")
        self.assertRegex(result.stdout, r"\n  log\+compiled +200\.000 +[\d.]+x +9 s\n")
        self.assertIn("\n  loop bf16: it cannot\n", result.stdout)
        self.assertRegex(result.stdout, r"\n  best in float: loop 500\.000 ms: [\d.]+x our time\n")
        self.assertRegex(result.stdout, r"\n  best in bf16:  log\+compiled 200\.000 ms: [\d.]+x our time\n")
        self.assertLessEqual(max(map(len, result.stdout.splitlines()[1:])), 80)
        rows = list(csv.DictReader((self.folder / "out" / "layer-peers.csv").read_text().splitlines()))
        self.assertEqual([(row["form"], row["median_s"]) for row in rows],
                         [("log", "0.7"), ("loop", "0.5"), ("doubling", "2"), ("log+compiled", "0.2"), ("loop", "0")])

    def test_forms_take_turns_and_slow_ones_are_not_repeated(self):
        self.assertEqual(self.bench(*SMALL, "--peer", self.peer(), "--threads", 1).returncode, 0)
        work, *runs = self.log.read_text().splitlines()
        self.assertEqual(work, "1 work layer mingru 2 8 4")
        turns = ["1 run log float", "1 run loop float", "1 run log+compiled bf16"]
        self.assertGreaterEqual(len(runs), 15)
        self.assertEqual(runs, turns * (len(runs) // 3))

    def test_a_peer_that_ends_is_left_out(self):
        ends = self.peer(ends="sys.exit('no memory')")
        result = self.bench("bench", "layer", 2, 8, 4, 2, 9, 4, "--mixers", "mingru", "--peer", ends)
        self.assertEqual((result.returncode, result.stderr),
                         (0, "bench: PyTorch 9.9 has ended: no memory; the benchmark continues without it\n"))
        self.assertRegex(result.stdout, r"\nmingru 2 x 9 x 4 +\d+\.\d+ ")

    def test_a_wrong_peer_is_refused(self):
        for name, why in (("/bin/false", ""), ("no-python", ": env: .*no-python.*: No such file or directory")):
            result = self.bench(*SMALL, "--peer", name)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, rf"^bench: {name} has ended{why}; --peer needs torch, jax, or the path of a Python "
                                            r"that has one of them\n$")
        self.refuses(self.bench("bench", "layer", "--peer", 2, 8, 4), "bench: --peer is followed by 2; write --peer torch 2")

    def test_a_peer_that_is_not_installed_costs_one_line(self):
        result = self.bench(*SMALL, "--peer", XDG_CACHE_HOME=str(self.folder))
        self.assertEqual((result.returncode, result.stderr), (0, "bench: torch is not installed; --yes installs it\n"))
        self.assertRegex(result.stdout, r"\nmingru 2 x 8 x 4 +\d+\.\d+ ")

    def python3(self, pip):
        """A python3 that makes environments whose Python runs `pip`, and is the peer if it is asked to work."""
        peer, python3 = self.peer(), self.folder / "bin" / "python3"
        made = self.folder / "made"
        python3.parent.mkdir()
        made.write_text(f'#!/bin/sh\ncase "$*" in\n"-c import"*) test -e {self.folder}/installed ;;\n"-m pip"*) {pip} ;;\n'
                        f'*) exec {peer} ;;\nesac\n')
        python3.write_text(f'#!/bin/sh\ncase "$*" in\n"-m venv"*) mkdir -p "$4/bin" && install {made} "$4/bin/python" ;;\n'
                           f'*) exec {sys.executable} "$@" ;;\nesac\n')
        python3.chmod(0o755)
        return {"XDG_CACHE_HOME": str(self.folder / "cache"), "PATH": f"{python3.parent}:{os.environ['PATH']}"}

    def test_yes_installs_a_peer(self):
        result = self.bench(*SMALL, "--peer", "--yes", **self.python3(f"touch {self.folder}/installed"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("best in float: loop 500.000 ms", result.stdout)
        self.assertTrue((self.folder / "cache/scangrad/peer/torch/bin/python").exists())

    def test_a_peer_that_cannot_be_installed_costs_one_line(self):
        offline = self.python3("echo WARNING: retrying >&2; echo 'ERROR: no network' >&2; exit 1")
        result = self.bench(*SMALL, "--peer", "torch,jax", "--yes", **offline)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr, "".join(f"bench: {name} cannot be installed: ERROR: no network\n"
                                                for name in ("torch", "jax")))
        self.assertRegex(result.stdout, r"\nmingru 2 x 8 x 4 +\d+\.\d+ ")

    def test_the_table_of_the_readme(self):
        result = self.bench("bench", "peers", "--peer", self.peer(), "--shorter", 256)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        table = result.stdout[result.stdout.index("| work |"):]
        self.assertTrue(table.startswith("| work | PyTorch 9.9 | bf16 | scangrad |\n|---|---|---|---|\n"), table)
        self.assertRegex(table, r"\n\| minGRU layer \(8, 16, 256\), ms \| 500 \| 200 \| \*\*[\d.]+\*\* \|\n")
        self.assertRegex(table, r"\n\| generating, batch 1, tokens/s \| 2\.0 \| 5\.0 \| \*\*[\d,]+\*\* \|\n")
        self.assertRegex(table, r"\n\d{4}-\d\d-\d\d: \d+ threads of .*\nPyTorch 9\.9: released on ")


class Releases(CommandTest):
    def releases(self):
        spec = importlib.util.spec_from_file_location("releases", SCRIPTS / "releases.py")
        releases = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(releases)
        return releases

    def notes(self, version, newest, uploaded):
        releases = self.releases()
        (self.folder / "torch").mkdir(exist_ok=True)
        (self.folder / "torch" / "json").write_text(json.dumps({
            "info": {"version": newest, "requires_python": ">=3.12"}, "releases": {version: [{"upload_time": uploaded}]}}))
        releases.PYPI = self.folder.as_uri()
        return releases.notes("torch", version, "--yes updates it", datetime.date(2026, 11, 29))

    def test_the_newest_release_is_dated(self):
        self.assertEqual(self.notes("2.15.0", "2.15.0", "2026-10-28T15:16:30"), ["released on 2026-10-28, 32 days ago"])

    def test_a_release_older_than_a_year_is_a_warning(self):
        self.assertEqual(self.notes("1.13.1", "2.15.0", "2022-12-15T20:14:26"), [
            "released on 2022-12-15, 1445 days ago", "older than a year: do not compare with it; --yes updates it",
            "PyPI has 2.15.0 (for Python >=3.12); --yes updates it"])

    def test_without_a_network_the_age_is_not_known(self):
        releases = self.releases()
        releases.PYPI = (self.folder / "nothing").as_uri()
        self.assertEqual(releases.notes("torch", "2.15.0", "", datetime.date(2026, 11, 29)),
                         ["PyPI cannot be asked, so the date of this release is not known"])


if __name__ == "__main__":
    unittest.main()
