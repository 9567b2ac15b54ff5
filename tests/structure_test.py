"""The rules of the project's structure that no compiler checks: which folder may include from which, which files make a
unit, how large a file may be.

    python3 tests/structure_test.py

A rule is a function that takes the folder of a project and yields one line for each place that breaks the rule. The
tests run every rule on this project. They also run it on a small made-up project, once for each breach listed below, to
show that the rule can fail. More rules are in tests/structure, and exceptions in tests/structure/exceptions.ini.
"""

import fnmatch
import pathlib
import re
import sys
import tempfile
import unittest

import mutation_test

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "structure"))
import mixers
import readmes
import sizes
from tree import LAYERS, PROJECT, count_lines, files, included, lines_of, sources, units

TOP_LEVEL = {"meson.build", "meson_options.txt", "README.md", "pyproject.toml", "LICENSE", *LAYERS, "tests"}

# Headers that are parts of other units, and tested with them.
HEADERS_WITHOUT_UNIT = {"core/real", "core/error", "core/check", "core/kernels/matrix", "models/exchange/dlpack_abi", "ops/diagonal/step", "ops/diagonal/candidate", "ops/gelu",
                        "ops/norms/inverse_rms", "ops/diagonal/diagonal_scan", "ops/diagonal/time_tiles", "ops/selective/selective_tile", "ops/diagonal/gated_scan", "ops/watched_gates", "ops/sequential/recurrent_loop",
                        "models/runs/config_fields", "models/tasks/actions", "models/exchange/c_status", "models/training/task"}

# What only these files may use: its owners and their tests.
OWNERS = [
    (r"\bomp_\w+\s*\(|<omp\.h>|#pragma omp (?!simd)", "OpenMP's runtime", {"core/threads"}),
    (r"\bbli_\w+|\bcblas_\w+|<(blis/)?(blis|cblas)\.h>", "BLIS", {"core/kernels/gemm"}),
    (r"\b(mmap|munmap|mremap|madvise)\s*\(", "memory mapping", {"core/memory", "core/files/mapped_file"}),
    (r"\b_mm\d*_\w+|<\w*intrin\.h>", "intrinsics", {"core/kernels/*"}),
    (r"[<\"]fmt/", "fmt in a header", {"core/check", "*.cpp"}),
    (r"[<\"](nlohmann|CLI)/", "a third-party type in a header", {"*.cpp", "tools/*"}),
]

# The tape: these units, and every file of the project that they include.
TAPE = ["core/tensor", "core/autograd", "core/saved", "core/memory", "core/threads"]
TAPE_LINES = 1750

FIVE_MINUTE_PATH = ["nn/min_gru.h", "nn/min_gru.cpp", "ops/scan.h", "ops/scan.cpp", "tests/ops/scan_test.cpp"]


def more_tests(root):
    """The further test files that tests/meson.build names: {"oracle", "models/training/train_resume", ...}."""
    listed = re.search(r"^more_tests = \[(.*?)\]", (root / "tests/meson.build").read_text(), re.S | re.M)[1]
    return set(re.findall(r"'([\w/]+)'", listed))


def includes(root):
    """A folder includes only from itself and from those before it, by a relative path in quotes."""
    for path in sources(root):
        for number, line in lines_of(root, path):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            quote, name = match.groups()
            where = f"{path}:{number}: includes {name}"
            if quote == "<":
                if (root / name).exists() or name.startswith("scangrad/"):
                    yield f"{where} in angle brackets, but the project's files are included in quotes"
                continue
            target = (root / path.parent / name).resolve()
            if not target.is_file() or root not in target.parents:
                yield f"{where}, but there is no such file relative to it"
                continue
            layer, other = path.parts[0], target.relative_to(root).parts[0]
            if layer != "tests" and (other not in LAYERS or LAYERS.index(other) > LAYERS.index(layer)):
                yield f"{where}, but {layer} may not include from {other}"


def owners(root):
    """Only their owners use OpenMP's runtime, BLIS, memory mapping, intrinsics and the types of other libraries."""
    for path in sources(root):
        stem = re.sub(r"^tests/|_test$", "", str(path.with_suffix("")))
        for number, line in lines_of(root, path):
            for pattern, what, allowed in OWNERS:
                if stem in allowed or any(fnmatch.fnmatch(str(path), each) for each in allowed):
                    continue
                if re.search(pattern, line):
                    yield f"{path}:{number}: {what} belongs to {' and '.join(sorted(allowed))}: {line.strip()}"


def stems(root):
    """A unit has a header and a test; a file belongs to a unit or is a header that is listed here."""
    named = units(root)
    for unit in sorted(named):
        for file in (f"{unit}.h", f"tests/{unit}_test.cpp"):
            if not (root / file).is_file():
                yield f"{file}: is missing, but meson.build names unit {unit}"
    for path in sources(root, LAYERS[:-1]):
        stem = str(path.with_suffix(""))
        if stem not in named and not (path.suffix == ".h" and stem in HEADERS_WITHOUT_UNIT):
            yield f"{path}: is not named in meson.build"
    for path in sources(root, [f"tests/{layer}" for layer in LAYERS[:-1]]):
        unit = re.sub(r"^tests/|_test\.cpp$", "", str(path))
        if path.suffix == ".cpp" and unit not in named | more_tests(root):
            yield f"{path}: tests no unit that meson.build names, so it never runs"


def stale(root):
    """HEADERS_WITHOUT_UNIT lists only headers that exist and are not units."""
    for stem in sorted(HEADERS_WITHOUT_UNIT):
        if not (root / f"{stem}.h").is_file() or stem in units(root):
            yield f"{stem}.h: is listed in HEADERS_WITHOUT_UNIT, but it is a unit or does not exist"


def headers(root):
    """Every header has `#pragma once`, except precompiled ones, for which g++ warns about it."""
    for path in sources(root):
        is_header = path.suffix == ".h" and path.parent.name != "precompiled"
        if is_header and not re.search(r"^#pragma once$", (root / path).read_text(), re.M):
            yield f"{path}: has no `#pragma once`"


def top_level(root):
    """The top level of the project holds nothing but the files and folders of TOP_LEVEL, and dot files."""
    for name in sorted({path.parts[0] for path in files(root)} - TOP_LEVEL):
        if not name.startswith("."):
            yield f"{name}: does not belong at the top level"


def five_minutes(root):
    """The files of the five-minute path, which show the whole algorithm, have fewer than 250 lines together."""
    if all((root / name).is_file() for name in FIVE_MINUTE_PATH):
        count = sum(count_lines(root, name) for name in FIVE_MINUTE_PATH)
        if count >= 250:
            yield f"{', '.join(FIVE_MINUTE_PATH)}: have {count} lines together, but under 250 are promised"


def tape(root):
    """The tape (tensor, autograd, saved, memory, threads and what they include) has at most 1,750 lines."""
    found, todo = set(), [f"{unit}{suffix}" for unit in TAPE for suffix in (".h", ".cpp")]
    while todo:
        path = todo.pop()
        if path not in found and (root / path).is_file():
            found.add(path)
            todo += included(root, path)
    count = sum(count_lines(root, path) for path in found)
    if count > TAPE_LINES:
        yield f"{', '.join(TAPE)}: have {count} lines with what they include, but at most {TAPE_LINES} are allowed"


def c_keys(root):
    """The C header documents each key of a configuration with its default."""
    text = (root / "models/runs/config_fields.h").read_text()
    fields = re.findall(r"void each_(?:stack|token|optimizer)_field\(.*?\n\}", text, re.S)
    header = (root / "models/exchange/c_api.h").read_text()
    for key in re.findall(r'f\("(\w+)"', "".join(fields)):
        if f'"{key}": ' not in header:
            yield f"models/exchange/c_api.h: does not document the key {key}, but models/runs/config_fields.h has it"


def mutations(root):
    """The text of every error in tests/mutations.txt occurs once in its file, and the unit has tests."""
    for each in mutation_test.mutations(root):
        count = (root / each.file).read_text().count(each.old) if (root / each.file).is_file() else 0
        if count != 1:
            yield f"tests/mutations.txt: {each}: its text occurs {count} times in the file"
        if not (root / f"tests/{each.unit}_test.cpp").is_file():
            yield f"tests/mutations.txt: {each}: there are no tests of {each.unit}"


RULES = [includes, owners, stems, stale, headers, top_level, five_minutes, tape, c_keys, mutations,
         *readmes.RULES, *sizes.RULES, *mixers.RULES]

# A made-up project that keeps every rule.
GOOD = {
    "meson.build": "units = {\n  'core': ['a'],  # numbers\n  'ops': ['b',\n    'scan'],\n  'nn': ['min_gru', 'mixer', 'mixers/lstm'],\n  'models': ['exchange/c_api'],\n}\n",
    "meson_options.txt": "option('native', type: 'boolean')\n",
    ".gitignore": "/build*/\n",
    ".ci/run": "",
    "build-asan/build.ninja": "",
    "core/a.h": "#pragma once\n",
    "core/a.cpp": '#include "a.h"\n#include <fmt/format.h>\n// omp_get_max_threads() and mmap() are words here\n',
    "tests/core/a_test.cpp": '#include "../../ops/b.h"\n',
    "tests/core/a_faults_test.cpp": "",
    "tests/meson.build": "more_tests = ['oracle', 'core/a_faults']\n",
    "tests/core/kernels/gemm_test.h": "#pragma once\nbli_init();\n",
    "tests/nn/min_gru_test.cpp": "",
    "tests/ops/b_test.cpp": "",
    "models/exchange/c_api.h": '#pragma once\n// "dim": 64\n',
    "tests/models/exchange/c_api_test.cpp": "",
    "tests/mutations.txt": "# what is wrong\n\nops/b.h [core/a]: no vector\n- <vector>\n+ <list>\n",
    "tools/go.sh": "--fast",
    "tools/commands/commands.cpp": 'add("train")',
    "tools/precompiled/tools.h": '#include "../options.h"\n',
    "tools/options.h": "#pragma once\n#include <CLI/CLI.hpp>\n",
    **{f"{stem}.h": "#pragma once\n" for stem in HEADERS_WITHOUT_UNIT},
    **{name: "#pragma once\n" + 48 * "\n" for name in FIVE_MINUTE_PATH},
    "models/runs/config_fields.h": '#pragma once\nvoid each_stack_field(C& c) {\n  f("dim", c.dim, "width");\n}\nf("steps");\n',
    **readmes.GOOD, **sizes.GOOD, **mixers.GOOD,
}

# What a rule says when one file of that project has another text, or is gone (None).
BREACHES = [
    (includes, "core/a.h", '#include "../ops/b.h"',
     "core/a.h:1: includes ../ops/b.h, but core may not include from ops"),
    (includes, "tools/x.cpp", '#include "../tests/core/a_test.cpp"',
     "tools/x.cpp:1: includes ../tests/core/a_test.cpp, but tools may not include from tests"),
    (includes, "ops/b.h", '/* core\n */#include "core/a.h"',
     "ops/b.h:2: includes core/a.h, but there is no such file relative to it"),
    (includes, "ops/b.h", "#include <core/a.h>",
     "ops/b.h:1: includes core/a.h in angle brackets, but the project's files are included in quotes"),
    (owners, "ops/b.h", "int n = omp_get_num_threads();",
     "ops/b.h:1: OpenMP's runtime belongs to core/threads: int n = omp_get_num_threads();"),
    (owners, "ops/b.cpp", "bli_sgemm_ex();", "ops/b.cpp:1: BLIS belongs to core/kernels/gemm: bli_sgemm_ex();"),
    (owners, "ops/b.cpp", "#include <blis/blis.h>",
     "ops/b.cpp:1: BLIS belongs to core/kernels/gemm: #include <blis/blis.h>"),
    (owners, "nn/d.cpp", "/* one\ntwo */ ::mmap(p);",
     "nn/d.cpp:2: memory mapping belongs to core/files/mapped_file and core/memory: ::mmap(p);"),
    (owners, "ops/b.h", "#include <immintrin.h>",
     "ops/b.h:1: intrinsics belongs to core/kernels/*: #include <immintrin.h>"),
    (owners, "ops/b.h", "#include <fmt/core.h>",
     "ops/b.h:1: fmt in a header belongs to *.cpp and core/check: #include <fmt/core.h>"),
    (owners, "ops/b.h", "#include <nlohmann/json.hpp>",
     "ops/b.h:1: a third-party type in a header belongs to *.cpp and tools/*: #include <nlohmann/json.hpp>"),
    (stems, "ops/b.h", None, "ops/b.h: is missing, but meson.build names unit ops/b"),
    (stems, "tests/ops/b_test.cpp", None, "tests/ops/b_test.cpp: is missing, but meson.build names unit ops/b"),
    (stems, "nn/d.h", "", "nn/d.h: is not named in meson.build"),
    (stems, "core/real.cpp", "", "core/real.cpp: is not named in meson.build"),
    (stems, "tests/nn/d_test.cpp", "",
     "tests/nn/d_test.cpp: tests no unit that meson.build names, so it never runs"),
    (stale, "core/real.h", None, "core/real.h: is listed in HEADERS_WITHOUT_UNIT, but it is a unit or does not exist"),
    (stale, "meson.build", "units = {\n  'core': ['real'],\n}\n",
     "core/real.h: is listed in HEADERS_WITHOUT_UNIT, but it is a unit or does not exist"),
    (headers, "ops/b.h", "int b;\n", "ops/b.h: has no `#pragma once`"),
    (top_level, "a.o", "", "a.o: does not belong at the top level"),
    (five_minutes, "ops/scan.h", 54 * "\n",
     f"{', '.join(FIVE_MINUTE_PATH)}: have 250 lines together, but under 250 are promised"),
    (tape, "core/saved.cpp", '#include "a.h"\n' + (TAPE_LINES - 1) * "\n",  # with the line of core/a.h one too many
     f"{', '.join(TAPE)}: have {TAPE_LINES + 1} lines with what they include, but at most {TAPE_LINES} are allowed"),
    (c_keys, "models/exchange/c_api.h", '#pragma once\n// "dims": 64\n',
     "models/exchange/c_api.h: does not document the key dim, but models/runs/config_fields.h has it"),
    (mutations, "tests/mutations.txt", "ops/b.h: no list\n- <list>\n+ <map>\n",
     "tests/mutations.txt: ops/b.h: no list: its text occurs 0 times in the file"),
    (mutations, "tests/mutations.txt", "ops/b.h [core/z]: no vector\n- <vector>\n+ <list>\n",
     "tests/mutations.txt: ops/b.h: no vector: there are no tests of core/z"),
    *readmes.BREACHES, *sizes.BREACHES, *mixers.BREACHES,
]


class TheProject(unittest.TestCase):
    def test_keeps_every_rule(self):
        for rule in RULES:
            with self.subTest(rule.__name__):
                broken = list(rule(PROJECT))
                if broken:
                    self.fail("\n".join([rule.__doc__, *broken]))
        print(mixers.summary(PROJECT))


class TheRules(unittest.TestCase):
    def said(self, rule, changed):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for name, text in {**GOOD, **changed}.items():
                if text is not None:
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_text(text)
            return list(rule(root))

    def test_find_nothing_in_a_good_project(self):
        for rule in RULES:
            self.assertEqual(self.said(rule, {}), [], rule.__name__)

    def test_find_every_breach(self):
        for rule, name, text, line in BREACHES:
            self.assertEqual(self.said(rule, text if isinstance(text, dict) else {name: text}), [line])

    def test_have_a_breach_each(self):
        self.assertEqual({rule for rule, *_ in BREACHES}, set(RULES))


if __name__ == "__main__":
    unittest.main()
