"""tools/get-shakespeare.sh with a local file instead of the published text.

    python3 tests/scripts/get_shakespeare_test.py
"""

import hashlib
import re
import shutil
import unittest

from world import PROJECT, ScriptTest


class GetShakespeare(ScriptTest):
    TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n"

    def world_with(self, text, program="curl"):
        """A machine with a file that holds `text`, a script that expects TEXT, and a program that downloads."""
        world = self.world()
        world.source = world.write("source", text)
        script = world.clone / "tools/get-shakespeare.sh"
        digest = hashlib.sha256(self.TEXT.encode()).hexdigest()
        expecting, places = re.subn(r"(?m)^digest=[0-9a-f]{64}$", f"digest={digest}", script.read_text())
        self.assertEqual(places, 1)
        script.write_text(expecting)
        if program == "curl" and shutil.which("curl"):
            (world.folder / "bin/curl").symlink_to(shutil.which("curl"))
        elif program:  # wget does not read file://
            world.program(f"bin/{program}", """
[[ $1 == --version ]] && exit
note
while [[ $1 != -[oO] ]]; do shift; done
cat "${3#file://}" >"$2" 2>/dev/null || { echo "retrying" >&2; echo "$3: cannot open" >&2; exit 1; }""")
        return world

    def get(self, world, *options, url=None):
        return world.run("get-shakespeare.sh", *options, SCANGRAD_SHAKESPEARE_URL=url or f"file://{world.source}")

    def files(self, world, folder):
        return sorted(path.name for path in (world.folder / folder).iterdir())

    def test_expects_the_published_text(self):
        script = (PROJECT / "tools/get-shakespeare.sh").read_text()
        self.assertIn("\ndigest=86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed\n", script)
        self.assertIn("\npublished=https://", script)

    def test_downloads_with_curl_or_wget_and_only_once(self):
        for program in ("curl", "wget"):
            world = self.world_with(self.TEXT, program)
            result = self.get(world)
            text = world.clone / "data/shakespeare.txt"
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, f"{text}\n", ""))
            self.assertEqual(text.read_text(), self.TEXT)
            self.assertEqual(text.stat().st_mode & 0o777, 0o644)
            self.assertEqual(self.files(world, "a clone/data"), ["shakespeare.txt"])
            world.source.unlink()
            self.assertEqual(self.get(world).stdout, f"{text} exists already\n")

    def test_downloads_into_another_folder(self):
        world = self.world_with(self.TEXT)
        self.assertEqual(self.get(world, "some where/else").stdout, "some where/else/shakespeare.txt\n")
        self.assertEqual((world.folder / "some where/else/shakespeare.txt").read_text(), self.TEXT)
        self.says(self.get(world, "a", "b"), "get-shakespeare: 2 folders were given, but only one is possible")

    def test_refuses_another_text(self):
        world = self.world_with(self.TEXT[:-5])
        result = self.get(world, "data")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, rf"^get-shakespeare: the text at file://{world.source} is not the expected "
                                        r"one \(its SHA-256 is not [0-9a-f]{64}\)\n$")
        self.assertEqual(self.files(world, "data"), [])

    def test_does_not_change_an_existing_file(self):
        world = self.world_with(self.TEXT)
        (world.folder / "data").mkdir()
        mine = world.write("data/shakespeare.txt", "mine")
        self.says(self.get(world, "data"),
                  "get-shakespeare: data/shakespeare.txt exists but holds another text; move it away first")
        self.assertEqual(mine.read_text(), "mine")

    def test_says_why_a_download_failed(self):
        for program in ("curl", "wget"):
            world = self.world_with(self.TEXT, program)
            result = self.get(world, "data", url="file:///nowhere")
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertRegex(result.stderr, r"^get-shakespeare: cannot download file:///nowhere: .*open.*\n$")
            self.assertEqual(self.files(world, "data"), [])
        world = self.world_with(self.TEXT, program=None)
        self.says(self.get(world, "data"), f"get-shakespeare: cannot download file://{world.source}: neither curl nor wget is "
                                           "installed")
        world.write("file", "")
        self.says(self.get(world, "file/x"), "get-shakespeare: the folder file/x cannot be created")


if __name__ == "__main__":
    unittest.main()
