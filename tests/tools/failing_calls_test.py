"""Runs of the program with calls of the system that fail.

    SCANGRAD_CALLS=build/tests/libfailing-calls.so python3 failing_calls_test.py build/scangrad
"""
import errno
import pathlib
import re
import shutil

from faults import TINY, Started, main, steps_of


class FailingCalls(Started):
    def with_calls(self, *args, **how):
        return self.start(*args, env=self.preloaded("SCANGRAD_CALLS", "library with calls that fail", **how))

    def test_where_files_cannot_be_locked_a_run_goes_on_without(self):
        folder = self.folder / "run"
        left = folder / "train.safetensors.1-1.tmp"
        for reason in (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK):
            with self.subTest(reason=reason):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                left.write_text("of another process, which may live")
                process = self.with_calls("train", *TINY, "--steps", 10, "--out", folder, FLOCK_FAILS=str(reason))
                out, err = process.communicate(timeout=120)
                self.assertEqual((process.returncode, err), (0, ""), out)
                self.assertTrue(left.exists())

    def test_a_lock_that_fails_is_one_line_with_the_reason(self):
        folder = self.folder / "run"
        process = self.with_calls("train", *TINY, "--steps", 10, "--out", folder, FLOCK_FAILS=str(errno.EIO))
        self.ends_with(process, f"run: {folder} cannot be locked: Input/output error")

    def test_metrics_that_do_not_reach_the_disk_end_the_run_with_one_line(self):
        whole, folder = self.folder / "whole", self.folder / "run"
        self.succeeds("train", *TINY, "--steps", 20, "--out", whole)
        for name, unit in (("metrics.csv", "metrics"), ("metrics.jsonl", "metrics"), ("events.out.tfevents", "event_file")):
            with self.subTest(name=name):
                shutil.rmtree(folder, ignore_errors=True)
                process = self.with_calls("train", *TINY, "--steps", 20, "--out", folder, FSYNC_FAILS=str(errno.EIO), FSYNC_FAILS_FOR=name)
                self.ends_with(process, rf"{unit}: {folder}/{name}\S* cannot be written any more: Input/output error")
                self.assertEqual(steps_of(folder), 0)
                self.succeeds("train", "copy", "--resume", folder)
                self.same_is_left(folder, whole)

    def test_a_renaming_that_does_not_reach_the_disk_is_one_line(self):
        folder = self.folder / "run"
        self.succeeds("train", *TINY, "--steps", 10, "--out", folder)
        process = self.with_calls("train", "copy", "--resume", folder, "--steps", 20, FSYNC_FAILS=str(errno.EIO), FSYNC_FAILS_FOR="/run$")
        self.ends_with(process, rf"atomic_file: cannot write {folder}/\S+ \(Input/output error\)")
        self.assertEqual(list(folder.glob("*.tmp")), [])
        self.succeeds("train", "copy", "--resume", folder, "--steps", 20)

    def test_what_cannot_be_synced_is_written_all_the_same(self):
        folder = self.folder / "run"
        for reason in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            with self.subTest(reason=reason):
                shutil.rmtree(folder, ignore_errors=True)
                process = self.with_calls("train", *TINY, "--steps", 10, "--out", folder, FSYNC_FAILS=str(reason))
                out, err = process.communicate(timeout=120)
                self.assertEqual((process.returncode, err), (0, ""), out)

    def test_a_state_is_on_the_disk_after_the_metrics_of_its_steps_and_before_its_name(self):
        folder, calls = self.folder / "run", self.folder / "calls"
        process = self.with_calls("train", *TINY, "--steps", 30, "--out", folder, CALLS=str(calls))
        out, err = process.communicate(timeout=120)
        self.assertEqual((process.returncode, err), (0, ""), out)
        saves, synced = 0, []
        for line in calls.read_text().splitlines():
            call, path = line.split(" ", 1)
            name = pathlib.Path(path).name
            if call == "rename" and name == "train.safetensors":
                kinds = [re.match("metrics.csv|metrics.jsonl|events|train.safetensors|", each)[0] for each in synced]
                self.assertEqual(kinds[-1], "train.safetensors")
                if saves > 0:  # the first is before any metrics
                    self.assertLessEqual({"metrics.csv", "metrics.jsonl", "events"}, set(kinds))
                saves, synced = saves + 1, []
            elif call == "fsync":
                synced.append(name)
        self.assertEqual(saves, 4)


if __name__ == "__main__":
    main()
