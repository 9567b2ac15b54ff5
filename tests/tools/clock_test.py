"""A run of the program with a system clock that jumps by years.

    SCANGRAD_CLOCK=build/tests/libjumping-clock.so python3 clock_test.py build/scangrad
"""
import csv
import re
import subprocess
import sys
import time

from faults import TINY, Started, main


class Clock(Started):
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
