"""Runs of the program whose files may not grow, or for which memory ends: one line, and the last checkpoint stays.

    python3 limits_test.py build/scangrad
"""
import resource
import shutil

from faults import COPY, TINY, Started, main


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
        metrics, state = ((whole / name).stat().st_size for name in ("metrics.jsonl", "train.safetensors"))
        # What is the first to grow too large: metrics, weights, a state. More than the 1,024 bytes of clang's OpenMP.
        for most in (metrics * 3 // 4, state // 3 - 1, state - 1):
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


if __name__ == "__main__":
    main()
