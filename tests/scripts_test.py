"""The scripts of tools/, in a made-up world: an empty machine whose apt-get, sudo, compiler and Meson are stand-ins
that note how they are called. Nothing is installed and nothing is built.

    python3 tests/scripts_test.py
"""

import hashlib
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = [*sorted((PROJECT / "tools").glob("*.sh")), PROJECT / ".ci/run"]

# What every Debian has. The tests run with nothing else in PATH.
ESSENTIAL = ("awk basename bash cat chmod cp dirname env find grep head id mkdir mktemp mv nice nproc rm sed sha256sum sh sort "
             "tail tee uniq wc xargs").split()

# The packages that the program needs.
PROGRAM = ("g++ meson ninja-build pkg-config libblis-dev libblis-openmp-dev libfmt-dev nlohmann-json3-dev libcli11-dev "
           "gnuplot-nox")

# The stand-ins. `note` writes down the call.
STAND_INS = {
    "g++": "cat >/dev/null",  # whatever header or library is asked for is there
    "clang++-14": "cat >/dev/null",
    "ninja": "",
    "pkg-config": "",
    "gnuplot": "",
    "shellcheck": "",
    "cmake": "",
    "gcovr": "note; echo 'lines: 97.1% (9710 out of 10000)'",
    "python3": "",  # with PyTorch
    "clang-format-14": "echo 'Debian clang-format version 14.0.6'; cat $world/unformatted 2>/dev/null && exit 1; true",
    "meson": """
case $1 in
  --version) echo 1.0.1 ;;
  setup) note; mkdir -p "$2"; echo >"$2/build.ninja" ;;
  compile)
    note
    cat $world/compiler 2>/dev/null && exit 1
    cp $world/scangrad "$3/scangrad" ;;
  test)
    note
    mkdir -p "$3/meson-logs"
    cp $world/record "$3/meson-logs/testlog.json" && ! grep -q FAIL $world/record ;;
esac""",
    "apt-get": """
note
case "$*" in
  *update) exit 100 ;;  # a source of packages that does not answer
  *install*) cat $world/refusal 2>/dev/null && exit 100; cp $world/packages/* $world/bin/ ;;
esac""",
    "sudo": 'note; "$@"',
    "id": "cat $world/user",
}
TRAINING = """#!/usr/bin/env bash
echo "$@" >>$world/calls
echo 'test accuracy 99.7 %'
mkdir -p "$6" && echo >"$6/curve.png"
"""


class World:
    """A clone of the project on a Debian machine of its own; `there` names the programs that are installed."""

    def __init__(self, folder, there=()):
        self.folder = pathlib.Path(folder).resolve()
        self.clone = self.folder / "a clone"
        shutil.copytree(PROJECT / "tools", self.clone / "tools")
        for layer in ("core", "ops", "nn", "models", "tests"):
            (self.clone / layer).mkdir()
        for name in ("core/shape.h", "meson.build", "meson_options.txt"):
            (self.clone / name).touch()
        (self.folder / "bin").mkdir()
        (self.folder / "packages").mkdir()
        for name in ESSENTIAL:
            (self.folder / "bin" / name).symlink_to(shutil.which(name))
        for name in STAND_INS.keys() - {"apt-get", "sudo", "id"}:
            self.program(f"packages/{name}")
            if name in there:
                self.program(f"bin/{name}")
        self.write("os-release", "ID=ubuntu\nID_LIKE=debian\n")
        self.write("user", "0\n")
        self.write("scangrad", TRAINING.replace("$world", str(self.folder))).chmod(0o755)
        self.write("record", '{"name": "a", "result": "OK"}\n{"name": "b", "result": "OK"}\n')
        self.write("calls", "")

    def write(self, name, text):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        return path

    def program(self, name, text=None):
        body = STAND_INS[pathlib.Path(name).name] if text is None else text
        note = 'call="${0##*/} $*"; note() { echo "$call" >>$world/calls; }'
        self.write(name, f"#!/usr/bin/env bash\nworld={self.folder}\n{note}\n{body}\n").chmod(0o755)

    def run(self, script, *options, **environment):
        ours = {"PATH": f"{self.folder}/bin", "TMPDIR": self.folder, "SCANGRAD_OS_RELEASE": f"{self.folder}/os-release"}
        return subprocess.run([self.clone / "tools" / script, *options], cwd=self.folder, env=ours | environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)

    def calls(self):
        """How the stand-ins were called since this was last asked."""
        lines = (self.folder / "calls").read_text().replace(str(self.folder), "").splitlines()
        self.write("calls", "")
        return lines


class Scripts(unittest.TestCase):
    def world(self, there=()):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return World(folder.name, there)

    def ready(self):
        return self.world(there=STAND_INS)

    def says(self, result, line):
        """One line of complaint, nothing else."""
        self.assertEqual((result.returncode, result.stdout, result.stderr), (1, "", line + "\n"))


class EveryScript(Scripts):
    def test_parses(self):
        for script in SCRIPTS:
            subprocess.run(["bash", "-n", script], check=True)

    def test_passes_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("there is no shellcheck")
        found = subprocess.run(["shellcheck", *SCRIPTS], cwd=PROJECT, capture_output=True, text=True, check=False)
        self.assertEqual(found.stdout, "")

    def test_explains_itself(self):
        world = self.world()
        for name in ("setup", "quickstart", "test", "get-shakespeare", "study", "soak", "fuzz"):
            for option in ("--help", "-h"):
                result = world.run(f"{name}.sh", option)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn(f"\n  tools/{name}.sh", result.stdout)
                self.assertNotIn("#", result.stdout)

    def test_refuses_an_unknown_option(self):
        world = self.world()
        for name in ("setup", "quickstart", "test", "get-shakespeare", "fuzz"):
            self.says(world.run(f"{name}.sh", "--qick"), f"{name}: --qick is no option, but --help names them all")


class Study(Scripts):
    # Notes its options, "trains" to an accuracy that follows from the seed, and fails once for seed 43.
    PROGRAM = """#!/usr/bin/env bash
echo "$@" >>$world/calls
[[ $1 == train ]] || exit 0
for word; do [[ $last == --out || $last == --resume ]] && run=$word; [[ $last == --seed ]] && seed=$word; last=$word; done
mkdir -p "$run" && : >"$run/config.json"
[[ ${seed-} != 43 ]] || { echo "no disk left"; exit 1; }
echo "test accuracy 9${seed:-43}.00 % on 16 unseen examples"
"""

    def test_needs_a_study_and_a_program(self):
        world = self.ready()
        self.says(world.run("study.sh", "layer"), "study: the study is 'layer', but layers or forget-bias is needed")
        self.says(world.run("study.sh"), "study: the study is '', but layers or forget-bias is needed")
        self.says(world.run("study.sh", "layers"),
                  f"study: {world.clone}/build/scangrad is not there; tools/quickstart.sh builds it")

    def test_trains_every_run_goes_on_and_sums_up(self):
        world = self.ready()
        (world.clone / "build").mkdir()
        program = world.write("a clone/build/scangrad", self.PROGRAM.replace("$world", str(world.folder)))
        program.chmod(0o755)
        result = world.run("study.sh", "layers", "--lr", "1e-2")
        self.assertEqual(result.returncode, 1)
        self.assertIn("minlstm-3-seed43 stopped: no disk left\n", result.stdout)
        self.assertEqual(result.stderr, "study: not every run came to its end; call it again to go on\n")
        calls = world.calls()
        self.assertEqual(len(calls), 18)
        self.assertIn("train copy --threads 1 --preset t256 --save-every 250 --mixer mingru --layers 2 --seed 44 --lr 1e-2 "
                      "--out /a clone/runs/layers/mingru-2-seed44", calls)
        result = world.run("study.sh", "layers", "--lr", "1e-2")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("mingru-1       mean 943.00 %   seeds 943.00 943.00 943.00\n", result.stdout)
        self.assertTrue(result.stdout.endswith("runs/layers: table.txt curves.png\n"), result.stdout)
        again = [call for call in world.calls() if "--resume" in call]
        self.assertEqual(len(again), 18)
        self.assertIn("train copy --threads 1 --resume /a clone/runs/layers/mingru-2-seed44", again)  # with its own options

    def test_needs_no_further_words(self):
        world = self.ready()
        (world.clone / "build").mkdir()
        world.write("a clone/build/scangrad", self.PROGRAM.replace("$world", str(world.folder))).chmod(0o755)
        world.run("study.sh", "forget-bias")
        self.assertIn("train copy --threads 1 --preset t256 --save-every 250 --mixer minlstm --forget-bias 5 --seed 44 "
                      "--out /a clone/runs/forget-bias/bias5-seed44", world.calls())


class Soak(Scripts):
    def test_needs_minutes_and_a_program(self):
        world = self.ready()
        for time in ("", "0", "1.5", "-1"):
            self.says(world.run("soak.sh", time), f"soak: the time is '{time}', but a whole number of minutes is needed")
        self.says(world.run("soak.sh", "1"), f"soak: {world.clone}/build/scangrad is not there; tools/quickstart.sh builds it")
        self.says(world.run("soak.sh", "1", "/nowhere"), "soak: /nowhere is not there; tools/quickstart.sh builds it")


class Setup(Scripts):
    def test_names_the_packages_on_another_system(self):
        line = f"setup: this system is neither Debian nor Ubuntu; install what it calls these packages: {PROGRAM}"
        world = self.world()
        self.says(world.run("setup.sh"), line)  # a Debian without apt-get
        world.program("bin/apt-get")
        world.write("os-release", "ID=fedora\n")
        self.says(world.run("setup.sh"), line)
        self.says(world.run("setup.sh", SCANGRAD_OS_RELEASE="/nowhere"), line)
        self.says(world.run("quickstart.sh"), line.replace("setup", "quickstart"))
        self.assertEqual(world.calls(), [])

    def test_installs_what_is_missing_and_nothing_the_second_time(self):
        world = self.world()
        world.program("bin/apt-get")
        options = "apt-get -qq -o DPkg::Lock::Timeout=300"
        install = f"{options} install -y --no-install-recommends {PROGRAM}"
        result = world.run("setup.sh")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.startswith(f"installing: {PROGRAM}\n"))
        self.assertTrue(result.stdout.endswith("everything is there\n"))
        self.assertEqual(world.calls(), [f"{options} update", install])
        self.assertEqual(world.run("setup.sh", "--all").stdout, "everything is there\n")
        self.assertEqual(world.calls(), [])

    def test_installs_only_what_is_missing(self):
        world = self.world(there=STAND_INS.keys() - {"gnuplot", "clang-format-14", "ninja"})
        world.program("bin/apt-get")
        world.program("bin/pkg-config", "[[ $1 == --version ]]")  # which knows no package
        world.run("setup.sh", "--test")
        self.assertTrue(world.calls()[1].endswith(
            " --no-install-recommends ninja-build gnuplot-nox clang-format-14 pybind11-dev"))

    def test_goes_through_sudo_where_needed(self):
        world = self.world()
        world.program("bin/apt-get")
        world.program("bin/id")
        world.write("user", "1000\n")
        self.says(world.run("setup.sh"), f"setup: installing needs root; run as root: apt-get install {PROGRAM}")
        world.program("bin/sudo")
        self.assertEqual(world.run("setup.sh").returncode, 0)
        self.assertIn("sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq", world.calls()[3])

    def test_shows_why_an_installation_failed(self):
        world = self.world()
        world.program("bin/apt-get")
        world.write("refusal", "E: Unable to locate package libblis-dev\n")
        result = world.run("setup.sh")
        self.assertEqual(result.returncode, 1)
        self.assertIn("\nE: Unable to locate package libblis-dev\n", result.stdout)

    def test_stops_when_the_packages_are_too_old(self):
        world = self.world(there=STAND_INS.keys() - {"meson"})
        world.program("bin/apt-get")
        world.program("packages/meson", "echo 0.61.2")
        result = world.run("setup.sh")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "setup: still missing or older than Debian 12's: meson\n")

    def test_passes_over_what_does_not_work(self):
        world = self.ready()
        (world.folder / "shims").mkdir()
        world.program("shims/meson", "echo 'no such version' >&2; exit 127")
        world.program("shims/clang-format", "echo clang-format version 19.1.0")
        result = world.run("setup.sh", "--test", PATH=f"{world.folder}/shims:{world.folder}/bin")
        self.assertEqual((result.returncode, result.stdout), (0, "everything is there\n"))


class Quickstart(Scripts):
    def test_builds_trains_and_shows_the_picture(self):
        world = self.ready()
        (world.clone / "runs").mkdir()
        first = world.run("quickstart.sh")
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertIn("\ntest accuracy 99.7 %\n", first.stdout)
        self.assertIn(f"\nthe curve: {world.clone}/runs/quickstart/curve.png\n", first.stdout)
        self.assertEqual(world.calls(), [
            "meson setup /a clone/build /a clone -Dtests=disabled",
            "meson compile -C /a clone/build scangrad:executable",
            "train copy --preset quick --out /a clone/runs/quickstart"])

    def test_keeps_the_first_result_the_second_time(self):
        world = self.ready()
        world.run("quickstart.sh")
        world.calls()
        self.assertEqual(world.run("quickstart.sh").returncode, 0)
        self.assertEqual(world.calls(), [
            "meson compile -C /a clone/build scangrad:executable",
            "train copy --preset quick --out /a clone/runs/quickstart-2"])

    def test_leaves_a_build_folder_made_by_hand_as_it_is(self):
        world = self.ready()
        (world.clone / "build").mkdir()
        (world.clone / "build/build.ninja").touch()
        world.run("quickstart.sh")
        self.assertTrue(world.calls()[0].startswith("meson compile"))

    def test_builds_anew_where_the_clone_has_moved(self):
        world = self.ready()
        world.run("quickstart.sh")
        (world.clone / "build/old").touch()
        world.clone = world.clone.rename(world.folder / "moved")
        world.calls()
        world.run("quickstart.sh")
        self.assertEqual(world.calls()[0], "meson setup /moved/build /moved -Dtests=disabled")
        self.assertFalse((world.clone / "build/old").exists())

    def test_shows_what_the_compiler_says(self):
        world = self.ready()
        world.write("compiler", "[1/2] Compiling core/shape.cpp\nFAILED: core/shape.cpp.o\nshape.cpp:1: error: no\n")
        result = world.run("quickstart.sh")
        self.assertEqual(result.returncode, 1)
        self.assertIn("failed\nFAILED: core/shape.cpp.o\nshape.cpp:1: error: no\n", result.stdout)
        self.assertNotIn("[1/2]", result.stdout)

    def test_stops_with_training(self):
        world = self.ready()
        world.write("scangrad", "#!/bin/sh\necho 'train: loss is nan at step 3' >&2; exit 1\n").chmod(0o755)
        result = world.run("quickstart.sh")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.splitlines(),
                         ["train: loss is nan at step 3", "quickstart: training stopped; see the line above"])


class Tests(Scripts):
    def closes(self, world, line, *options):
        result = world.run("test.sh", *options)
        self.assertEqual(result.stdout.splitlines()[-1], line)
        self.assertEqual(result.returncode, int(" 0 failed" not in line), result.stderr)
        return result

    def test_add_up(self):
        world = self.ready()
        self.closes(world, "5 passed, 0 failed")
        built = [call.split()[4] for call in world.calls() if call.startswith("meson compile")]
        self.assertEqual(built, ["clone/build-test", "clone/build-asan"])
        self.closes(world, "2 passed, 0 failed", "--quick")
        self.closes(world, "19 passed, 0 failed", "--all")

    def test_go_on_where_they_were(self):
        world = self.ready()
        passed = (world.folder / "record").read_text()
        world.write("record", passed.replace("OK", "FAIL", 1))
        self.closes(world, "1 passed, 1 failed", "--quick")
        world.write("record", passed)
        self.closes(world, "2 passed, 0 failed", "--quick", "--resume")
        world.calls()
        result = self.closes(world, "2 passed, 0 failed", "--quick", "--resume")
        self.assertIn("release: tests                    before\n", result.stdout)
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


class Fuzz(Scripts):
    # Says what libFuzzer says at its end; a target that is called bad finds something.
    PROGRAM = """#!/usr/bin/env bash
echo "$@" >>$world/calls
echo "#1 INITED cov: 10 ft: 20 corp: 2/8b"
echo "#9 DONE   cov: 12 ft: 34 corp: 5/60b lim: 9"
if [[ $0 == *bad ]]; then echo "fuzz: milliseconds: 1500"; echo "artifact; Test unit written to here/bad-1"; status=77; fi
echo "stat::number_of_executed_units: 99"
echo "stat::average_exec_per_sec:     33"
exit ${status-0}
"""

    def world_with(self, *targets):
        world = self.ready()
        (world.clone / "tests/fuzz").mkdir()
        (world.clone / "tests/fuzz/limits.cpp").touch()
        (world.clone / "build-fuzz/build/tests").mkdir(parents=True)
        for target in targets:
            (world.clone / f"tests/fuzz/{target}.cpp").write_text("\nvoid fuzz(const std::string& input) {")
            program = world.write(f"a clone/build-fuzz/build/tests/fuzz-{target}", self.PROGRAM.replace("$world", str(world.folder)))
            program.chmod(0o755)
        return world

    def test_needs_seconds_and_known_targets(self):
        world = self.world_with("a", "b")
        self.says(world.run("fuzz.sh"), "fuzz: the seconds are '', but a whole number is needed")
        self.says(world.run("fuzz.sh", "1", "limits"), "fuzz: the target is 'limits', but one of a b is needed")

    def test_runs_every_target_and_sums_up(self):
        world = self.world_with("a", "b")
        result = world.run("fuzz.sh", "7")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for target in ("a", "b"):  # in the order in which they end
            self.assertRegex(result.stdout, rf"\n{target} +99 +33 +12 +34 +5\n")
        calls = world.calls()
        self.assertIn("meson compile -C /a clone/build-fuzz/build --ninja-args=tests/fuzz-a,tests/fuzz-b", calls)
        for target in ("a", "b"):
            told = [call for call in calls if call.endswith(f"/a clone/build-fuzz/corpus/{target} /a clone/tests/fuzz/corpus/{target}")]
            self.assertEqual(len(told), 1)
            self.assertIn("-max_total_time=7 ", told[0])

    def test_says_what_broke_a_rule_and_how_to_see_it_again(self):
        world = self.world_with("bad", "good")
        result = world.run("fuzz.sh", "7", "bad")
        self.assertEqual(result.returncode, 1)
        self.assertIn("fuzz: bad: fuzz: milliseconds: 1500\nfuzz: to see it again: build-fuzz/build/tests/fuzz-bad here/bad-1\n",
                      result.stdout)
        self.assertEqual(result.stderr, "fuzz: 1 of 1 targets failed; their logs are build-fuzz/TARGET.log\n")


class GetShakespeare(Scripts):
    TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n"

    def world_with(self, text, program="curl"):
        """A machine with a file that holds a text, a script that expects TEXT, and a program that loads it."""
        world = self.world()
        world.source = world.write("source", text)
        script = world.clone / "tools/get-shakespeare.sh"
        digest = hashlib.sha256(self.TEXT.encode()).hexdigest()
        expecting, places = re.subn(r"(?m)^digest=[0-9a-f]{64}$", f"digest={digest}", script.read_text())
        self.assertEqual(places, 1)
        script.write_text(expecting)
        if program == "curl" and shutil.which("curl"):
            (world.folder / "bin/curl").symlink_to(shutil.which("curl"))
        elif program:  # wget cannot load file://
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

    def test_expects_the_text_everybody_compares_on(self):
        script = (PROJECT / "tools/get-shakespeare.sh").read_text()
        self.assertIn("\ndigest=86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed\n", script)
        self.assertIn("\npublished=https://", script)

    def test_loads_the_text_by_curl_or_wget_and_nothing_the_second_time(self):
        for program in ("curl", "wget"):
            world = self.world_with(self.TEXT, program)
            result = self.get(world)
            text = world.clone / "data/shakespeare.txt"
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, f"{text}\n", ""))
            self.assertEqual(text.read_text(), self.TEXT)
            self.assertEqual(text.stat().st_mode & 0o777, 0o644)
            self.assertEqual(self.files(world, "a clone/data"), ["shakespeare.txt"])
            world.source.unlink()
            self.assertEqual(self.get(world).stdout, f"{text} is there\n")

    def test_loads_into_another_folder(self):
        world = self.world_with(self.TEXT)
        self.assertEqual(self.get(world, "some where/else").stdout, "some where/else/shakespeare.txt\n")
        self.assertEqual((world.folder / "some where/else/shakespeare.txt").read_text(), self.TEXT)
        self.says(self.get(world, "a", "b"), "get-shakespeare: one folder is needed, but 2 were given")

    def test_refuses_another_text(self):
        world = self.world_with(self.TEXT[:-5])
        result = self.get(world, "data")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, rf"^get-shakespeare: what file://{world.source} gives is another text than "
                                        r"expected \(its SHA-256 is not [0-9a-f]{64}\)\n$")
        self.assertEqual(self.files(world, "data"), [])

    def test_leaves_a_file_of_that_name_as_it_is(self):
        world = self.world_with(self.TEXT)
        (world.folder / "data").mkdir()
        mine = world.write("data/shakespeare.txt", "mine")
        self.says(self.get(world, "data"), "get-shakespeare: data/shakespeare.txt holds another text; move it away first")
        self.assertEqual(mine.read_text(), "mine")

    def test_says_why_nothing_was_loaded(self):
        for program in ("curl", "wget"):
            world = self.world_with(self.TEXT, program)
            result = self.get(world, "data", url="file:///nowhere")
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertRegex(result.stderr, r"^get-shakespeare: file:///nowhere cannot be loaded: .*open.*\n$")
            self.assertEqual(self.files(world, "data"), [])
        world = self.world_with(self.TEXT, program=None)
        self.says(self.get(world, "data"), f"get-shakespeare: file://{world.source} cannot be loaded: neither curl nor "
                                           "wget is installed")
        world.write("file", "")
        self.says(self.get(world, "file/x"), "get-shakespeare: file/x cannot be made")


if __name__ == "__main__":
    unittest.main()
