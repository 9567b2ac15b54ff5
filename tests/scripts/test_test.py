"""tools/test.sh with builds and tests that do nothing.

    python3 tests/scripts/test_test.py
"""

import unittest

from world import ScriptTest


class Tests(ScriptTest):
    def closes(self, world, line, *options):
        result = world.run("test.sh", *options)
        self.assertEqual(result.stdout.splitlines()[-1], line)
        self.assertEqual(result.returncode, int(" 0 failed" not in line), result.stderr)
        return result

    def test_add_up_the_results(self):
        world = self.ready()
        self.closes(world, "5 passed, 0 failed")
        built = [call.split()[4] for call in world.calls() if call.startswith("meson compile")]
        self.assertEqual(built, ["clone/build-float", "clone/build-asan"])
        self.closes(world, "2 passed, 0 failed", "--quick")
        self.closes(world, "19 passed, 0 failed", "--all")

    def test_resume_skips_what_passed_and_has_not_changed(self):
        world = self.ready()
        passed = (world.folder / "record").read_text()
        world.write("record", passed.replace("OK", "FAIL", 1))
        self.closes(world, "1 passed, 1 failed", "--quick")
        world.write("record", passed)
        self.closes(world, "2 passed, 0 failed", "--quick", "--resume")
        world.calls()
        result = self.closes(world, "2 passed, 0 failed", "--quick", "--resume")
        self.assertIn("release: tests                    unchanged\n", result.stdout)
        self.assertEqual(world.calls(), [])
        (world.clone / "core/shape.h").touch()
        self.closes(world, "2 passed, 0 failed", "--quick", "--resume")
        self.assertIn("meson test", "".join(world.calls()))

    def test_show_the_coverage(self):
        world = self.ready()
        result = world.run("test.sh", "--coverage")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.endswith("lines: 97.1% (9710 out of 10000)\n"), result.stdout)
        self.assertIn("--html-details /a clone/build-coverage/index.html", world.calls()[-1])
        world.write("record", '{"name": "a", "result": "FAIL"}\n')
        self.assertEqual(world.run("test.sh", "--coverage").returncode, 1)

    def test_count_what_fails_and_what_is_skipped(self):
        world = self.ready()
        world.write("record", "".join(f'{{"name": "a", "result": "{each}"}}\n' for each in
                                      ["OK", "FAIL", "SKIP", "TIMEOUT", "ERROR", "EXPECTEDFAIL", "UNEXPECTEDPASS"]))
        self.closes(world, "2 passed, 4 failed, 1 skipped", "--quick")

    def test_count_a_build_that_fails(self):
        world = self.ready()
        world.write("compiler", "FAILED: a.o\na.cpp:1: error: no\n")
        result = self.closes(world, "1 passed, 2 failed")
        self.assertEqual(result.stdout.count("a.cpp:1: error: no"), 2)

    def test_count_a_run_without_a_test(self):
        world = self.ready()
        (world.folder / "record").unlink()
        self.closes(world, "0 passed, 1 failed", "--quick")

    def test_count_what_is_not_formatted(self):
        world = self.ready()
        world.write("unformatted", "core/shape.h:1:1: error: code should be clang-formatted\n")
        result = self.closes(world, "4 passed, 1 failed")
        self.assertIn("core/shape.h:1:1: error", result.stdout)


if __name__ == "__main__":
    unittest.main()
