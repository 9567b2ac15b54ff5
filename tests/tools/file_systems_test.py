"""Runs of the program on small and read-only file systems, which need the right to mount, and in folders of others.

    python3 file_systems_test.py build/scangrad
"""
import os
import shutil
import subprocess

from command import PROGRAM
from faults import TINY, Started, main


class FileSystems(Started):
    def mounted(self, script):
        """A shell script in which $disk is a new file system of 1 MB, and $program what it says."""
        disk = self.folder / "disk"
        disk.mkdir(exist_ok=True)
        words = ["sh", "-ec", f'mount -t tmpfs -o size=1m none "$disk"\n{script}']
        environment = os.environ | {"disk": str(disk), "program": PROGRAM}
        for unshare in (["unshare", "-m"], ["unshare", "-rm"]):
            if shutil.which("unshare") and subprocess.run([*unshare, "sh", "-c", f"mount -t tmpfs none {disk}"], capture_output=True,
                                                          check=False).returncode == 0:
                return disk, subprocess.run([*unshare, *words], env=environment, capture_output=True, text=True, check=False, timeout=120)
        self.skipTest("nothing may be mounted here")
        return None

    def test_a_full_disk_ends_the_run_with_one_line_and_resuming_gives_the_same_bits(self):
        tiny = " ".join(map(str, [*TINY, "--dim", 32, "--log-every", 1]))
        disk, result = self.mounted(f'''
            "$program" train {tiny} --steps 1000 --out {self.folder}/whole >/dev/null
            "$program" train {tiny} --steps 1000 --out "$disk/run" >/dev/null & pid=$!
            while ! grep -q "^20," "$disk/run/metrics.csv" 2>/dev/null; do sleep 0.01; done
            head -c 2000000 /dev/zero >"$disk/rest" 2>/dev/null || true
            wait $pid && echo "it went on" >&2 || echo "status $?" >&2
            rm "$disk/rest"
            "$program" train copy --resume "$disk/run" >/dev/null
            cp -r "$disk/run" {self.folder}/run''')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"^(metrics|event_file|atomic_file): .*No space left on device\)?\nstatus 1\n$")
        self.same_is_left(self.folder / "run", self.folder / "whole")

    def test_a_read_only_disk_is_one_line_and_touches_nothing(self):
        tiny = " ".join(map(str, TINY))
        disk, result = self.mounted(f'''
            "$program" train {tiny} --steps 10 --out "$disk/run" >/dev/null
            mount -o remount,ro "$disk"
            "$program" train copy --resume "$disk/run" --steps 20 && exit 3
            "$program" train {tiny} --out "$disk/new" && exit 4
            "$program" train {tiny} --out "$disk/run" --force && exit 5
            cp -r "$disk/run" {self.folder}/run''')
        self.assertEqual(result.returncode, 0, result.stderr)
        refused = "run: {} cannot be written: Read-only file system\n"
        self.assertEqual(result.stderr, refused.format(disk / "run") + refused.format(disk / "new") + refused.format(disk / "run"))
        self.succeeds("train", "copy", "--resume", self.folder / "run", "--steps", 20)

    def test_curves_need_no_other_place(self):
        if not shutil.which("gnuplot"):
            self.skipTest("there is no gnuplot")
        tiny = " ".join(map(str, TINY))
        disk, result = self.mounted(f'''
            mount --rbind /tmp /tmp
            mount -o remount,bind,ro /tmp
            "$program" train {tiny} --steps 10 --out "$disk/run"
            ls "$disk/run"''')
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("\ncurve.png\ncurve.svg\n", result.stdout)

    def test_a_folder_without_permission_is_one_line(self):
        program, folder = self.folder / "program", self.folder / "locked" / "run"
        as_user = []
        if os.geteuid() == 0:  # who may write everywhere
            as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            if not shutil.which("setpriv"):
                self.skipTest("root has no setpriv to become another user")
        shutil.copy(PROGRAM, program)
        self.folder.chmod(0o755)
        folder.parent.mkdir()
        folder.parent.chmod(0o555)
        self.refuses(subprocess.run([*as_user, program, "train", *map(str, TINY), "--out", folder], capture_output=True, text=True, check=False),
                     f"run: {folder} cannot be written: Permission denied")
        folder.parent.chmod(0o755)
        self.succeeds("train", *TINY, "--steps", 10, "--out", folder)
        folder.chmod(0o555)
        self.refuses(subprocess.run([*as_user, program, "train", "copy", "--resume", folder], capture_output=True, text=True, check=False),
                     f"run: {folder} cannot be written: Permission denied")
        folder.chmod(0o755)


if __name__ == "__main__":
    main()
