"""The rules of the house that no compiler checks: who may include whom, one unit one stem, nothing left lying about.

    python3 tests/structure_test.py

Each rule is a function that looks at a tree and yields one line for each place that breaks it. They are run on this
project, and on a made-up tree to show of each that it can fail.
"""

import fnmatch
import itertools
import pathlib
import re
import subprocess
import tempfile
import unittest

import mutation_test

PROJECT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = ["core", "ops", "nn", "models", "tools"]  # each may include from itself and from those before it
TOP_LEVEL = {"meson.build", "meson_options.txt", "README.md", "pyproject.toml", "LICENSE", *LAYERS, "tests"}

# Headers that are no unit of their own: what others are made of. They are tested through their users.
HEADERS_WITHOUT_UNIT = {"core/real", "core/error", "core/check", "core/kernels/matrix", "models/exchange/dlpack_abi", "ops/diagonal/step", "ops/diagonal/candidate", "ops/gelu",
                        "ops/norms/inverse_rms", "ops/diagonal/diagonal_scan", "ops/diagonal/time_tiles", "ops/diagonal/gated_scan", "ops/watched_gates", "ops/sequential/recurrent_loop",
                        "models/runs/config_fields", "models/exchange/c_status"}

# What only its owners may mention; the test of an owner may too.
OWNERS = [
    (r"\bomp_\w+\s*\(|<omp\.h>", "OpenMP's runtime", {"core/threads"}),
    (r"\bbli_\w+|\bcblas_\w+|<(blis|cblas)\.h>", "BLIS", {"core/kernels/gemm"}),
    (r"\b(mmap|munmap|mremap|madvise)\s*\(", "memory mapping", {"core/memory", "core/files/mapped_file"}),
    (r"\b_mm\d*_\w+|<\w*intrin\.h>", "intrinsics", {"core/kernels/streaming"}),
    (r"[<\"]fmt/", "fmt in a header", {"core/check", "*.cpp"}),
    (r"[<\"](nlohmann|CLI)/", "a third-party type in a header", {"*.cpp", "tools/*"}),
]

FIVE_MINUTE_PATH = ["nn/min_gru.h", "nn/min_gru.cpp", "ops/scan.h", "ops/scan.cpp", "tests/ops/scan_test.cpp"]


def sources(root, folders=(*LAYERS, "tests")):
    """The C++ files of these folders, as paths relative to the root; tests/embed holds projects of their own."""
    found = itertools.chain.from_iterable((root / folder).rglob("*") for folder in folders)
    return sorted(path.relative_to(root) for path in found
                  if path.suffix in (".h", ".cpp") and "embed" not in path.parts)


def without_comments(text):
    """C++ with comments blanked and lines kept, so that a rule does not trip over words about it."""
    token = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
    return re.sub(token, lambda m: m[0] if m[0][0] == '"' else "\n" * m[0].count("\n"), text, flags=re.S)


def lines_of(root, path):
    return enumerate(without_comments((root / path).read_text()).splitlines(), 1)


def units(root):
    """The units that meson.build names: {"core/shape", ...}."""
    listed = re.search(r"^units = \{(.*?)^\}", (root / "meson.build").read_text(), re.S | re.M)[1]
    folders = re.findall(r"'(\w+)': \[(.*?)\]", re.sub(r"#.*", "", listed), re.S)
    return {f"{folder}/{unit}" for folder, names in folders for unit in re.findall(r"'([\w/]+)'", names)}


def beside_units(root):
    """The tests in files of their own that tests/meson.build names: {"oracle", "models/training/train_resume", ...}."""
    listed = re.search(r"^beside_units = \[(.*?)\]", (root / "tests/meson.build").read_text(), re.S | re.M)[1]
    return set(re.findall(r"'([\w/]+)'", listed))


def includes(root):
    """Include lines point down or sideways; project files are included by a relative path in quotes."""
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
                yield f"{where}, but no such file stands there relative to it"
                continue
            layer, other = path.parts[0], target.relative_to(root).parts[0]
            if layer != "tests" and (other not in LAYERS or LAYERS.index(other) > LAYERS.index(layer)):
                yield f"{where}, but {layer} may not include from {other}"


def owners(root):
    """OpenMP's runtime, BLIS, memory mapping, intrinsics and third-party types stay behind their owners."""
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
        if path.suffix == ".cpp" and unit not in named | beside_units(root):
            yield f"{path}: tests no unit that meson.build names, so it never runs"


def stale(root):
    """The list of headers without a unit names headers that exist and are no unit."""
    for stem in sorted(HEADERS_WITHOUT_UNIT):
        if not (root / f"{stem}.h").is_file() or stem in units(root):
            yield f"{stem}.h: is listed as a header without a unit, but it is none"


def headers(root):
    """Every header guards itself with `#pragma once`; in one that is itself compiled, g++ takes that for a mistake."""
    for path in sources(root):
        if path.suffix == ".h" and path.parent.name != "precompiled" and not re.search(r"^#pragma once$", (root / path).read_text(), re.M):
            yield f"{path}: has no `#pragma once`"


def top_level(root):
    """Nothing stands at the top level beyond the design's list and dot files."""
    git = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True, check=False)
    if (root / ".git").exists() and git.returncode == 0:
        names = {line.split("/")[0] for line in git.stdout.splitlines()}
    else:  # an unpacked archive: what is built and written in it does not count
        ignored = [line.strip("/") for line in (root / ".gitignore").read_text().splitlines()]
        names = {p.name for p in root.iterdir() if not any(fnmatch.fnmatch(p.name, each) for each in ignored)}
    for name in sorted(names - TOP_LEVEL):
        if not name.startswith("."):
            yield f"{name}: does not belong at the top level"


def readme(root):
    """What README.md names is there: files, links, commands, options of the scripts and of the build."""
    if not (root / "README.md").exists():
        yield "README.md: is missing"
        return
    text = (root / "README.md").read_text()
    for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        if not (root / link).exists():
            yield f"README.md: links to {link}, but there is no such file"
    for word in sorted(set(re.findall(rf"(?<![\w/.<-])(?:{'|'.join(LAYERS)}|tests)/[\w./*{{}},-]*[\w*}}/]", text))):
        braces = re.fullmatch(r"(.*)\{(.*)\}(.*)", word)
        for name in [braces[1] + middle + braces[3] for middle in braces[2].split(",")] if braces else [word]:
            if not any(root.glob(re.sub(r"\b[A-Z]+(?=[_.])", "*", name.rstrip("/")))):
                yield f"README.md: names {name}, but there is no such file"
    for script, options in re.findall(r"\b(tools/\w+\.sh)((?: +--?[\w-]+)*)", text):
        known = (root / script).read_text() if (root / script).is_file() else ""
        for option in options.split():
            if option not in known:
                yield f"README.md: calls {script} with {option}, but it knows no such option"
    tool = "".join(path.read_text() for path in (root / "tools").rglob("*.cpp"))
    for command in sorted(set(re.findall(r"build/scangrad +(\w+)", text))):
        if f'"{command}"' not in tool:
            yield f"README.md: calls build/scangrad {command}, but there is no such command"
    known = re.findall(r"^option\('(\w+)'", (root / "meson_options.txt").read_text(), re.M)
    of_meson = ["buildtype", "prefix", "werror", "cpp_args"]
    for option in sorted(set(re.findall(r"-D(\w+)=", text)) - {*known, *of_meson}):
        yield f"README.md: sets -D{option}, but meson_options.txt has no such option"


def five_minutes(root):
    """The path on which a newcomer reads the whole algorithm stays under 250 lines."""
    if all((root / name).is_file() for name in FIVE_MINUTE_PATH):
        count = sum(len((root / name).read_text().splitlines()) for name in FIVE_MINUTE_PATH)
        if count >= 250:
            yield f"{', '.join(FIVE_MINUTE_PATH)}: have {count} lines together, but under 250 are promised"


def c_keys(root):
    """The C header gives each key that a configuration may have, with its default."""
    fields = re.findall(r"void each_(?:stack|token|optimizer)_field\(.*?\n\}", (root / "models/runs/config_fields.h").read_text(), re.S)
    header = (root / "models/exchange/c_api.h").read_text()
    for key in re.findall(r'f\("(\w+)"', "".join(fields)):
        if f'"{key}": ' not in header:
            yield f"models/exchange/c_api.h: does not give the key {key}, but models/runs/config_fields.h has it"


def mutations(root):
    """Every error of tests/mutations.txt can be made: its text stands once in its file, and its unit has tests."""
    for each in mutation_test.mutations(root):
        count = (root / each.file).read_text().count(each.old) if (root / each.file).is_file() else 0
        if count != 1:
            yield f"tests/mutations.txt: {each}: its text stands {count} times in the file"
        if not (root / f"tests/{each.unit}_test.cpp").is_file():
            yield f"tests/mutations.txt: {each}: there are no tests of {each.unit}"


RULES = [includes, owners, stems, stale, headers, top_level, readme, five_minutes, c_keys, mutations]

# A made-up tree that keeps every rule.
GOOD = {
    "meson.build": "units = {\n  'core': ['a'],  # numbers\n  'ops': ['b',\n    'scan'],\n  'nn': ['min_gru'],\n  'models': ['exchange/c_api'],\n}\n",
    "meson_options.txt": "option('native', type: 'boolean')\n",
    "README.md": "Run `tools/go.sh --fast`, see [b](ops/b.h), [above](#run) and [there](https://x.org/core/z.h), read\n"
                 "`core/a.{h,cpp}` and `tests/ops/NAME_test.cpp`, then `-Dnative=false`.\n"
                 "    build/scangrad  train copy\n",
    ".gitignore": "/build*/\n",
    ".ci/run": "",
    "build-asan/build.ninja": "",
    "core/a.h": "#pragma once\n",
    "core/a.cpp": '#include "a.h"\n#include <fmt/format.h>\n// omp_get_max_threads() and mmap() are words here\n',
    "ops/b.h": '#pragma once\n#include <vector>\n#include "../core/a.h"\n',
    "tests/core/a_test.cpp": '#include "../../ops/b.h"\n',
    "tests/core/a_faults_test.cpp": "",
    "tests/meson.build": "beside_units = ['oracle', 'core/a_faults']\n",
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
}

# What a rule says once one file of that tree reads otherwise, or is gone.
BREACHES = [
    (includes, "core/a.h", '#include "../ops/b.h"',
     "core/a.h:1: includes ../ops/b.h, but core may not include from ops"),
    (includes, "tools/x.cpp", '#include "../tests/core/a_test.cpp"',
     "tools/x.cpp:1: includes ../tests/core/a_test.cpp, but tools may not include from tests"),
    (includes, "ops/b.h", '/* core\n */#include "core/a.h"',
     "ops/b.h:2: includes core/a.h, but no such file stands there relative to it"),
    (includes, "ops/b.h", "#include <core/a.h>",
     "ops/b.h:1: includes core/a.h in angle brackets, but the project's files are included in quotes"),
    (owners, "ops/b.h", "int n = omp_get_num_threads();",
     "ops/b.h:1: OpenMP's runtime belongs to core/threads: int n = omp_get_num_threads();"),
    (owners, "ops/b.cpp", "bli_sgemm_ex();", "ops/b.cpp:1: BLIS belongs to core/kernels/gemm: bli_sgemm_ex();"),
    (owners, "nn/d.cpp", "/* one\ntwo */ ::mmap(p);",
     "nn/d.cpp:2: memory mapping belongs to core/files/mapped_file and core/memory: ::mmap(p);"),
    (owners, "ops/b.h", "#include <immintrin.h>",
     "ops/b.h:1: intrinsics belongs to core/kernels/streaming: #include <immintrin.h>"),
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
    (stale, "core/real.h", None, "core/real.h: is listed as a header without a unit, but it is none"),
    (stale, "meson.build", "units = {\n  'core': ['real'],\n}\n",
     "core/real.h: is listed as a header without a unit, but it is none"),
    (headers, "ops/b.h", "int b;\n", "ops/b.h: has no `#pragma once`"),
    (top_level, "a.o", "", "a.o: does not belong at the top level"),
    (readme, "README.md", None, "README.md: is missing"),
    (readme, "README.md", "`ops/z.cpp`", "README.md: names ops/z.cpp, but there is no such file"),
    (readme, "README.md", "core/a.{h,cc}", "README.md: names core/a.cc, but there is no such file"),
    (readme, "README.md", "nn/NAME.md", "README.md: names nn/NAME.md, but there is no such file"),
    (readme, "README.md", "[x](LICENSE)", "README.md: links to LICENSE, but there is no such file"),
    (readme, "README.md", "tools/go.sh --slow",
     "README.md: calls tools/go.sh with --slow, but it knows no such option"),
    (readme, "README.md", "build/scangrad fry", "README.md: calls build/scangrad fry, but there is no such command"),
    (readme, "README.md", "-Dblas=true", "README.md: sets -Dblas, but meson_options.txt has no such option"),
    (five_minutes, "ops/scan.h", 54 * "\n",
     f"{', '.join(FIVE_MINUTE_PATH)}: have 250 lines together, but under 250 are promised"),
    (c_keys, "models/exchange/c_api.h", '#pragma once\n// "dims": 64\n',
     "models/exchange/c_api.h: does not give the key dim, but models/runs/config_fields.h has it"),
    (mutations, "tests/mutations.txt", "ops/b.h: no list\n- <list>\n+ <map>\n",
     "tests/mutations.txt: ops/b.h: no list: its text stands 0 times in the file"),
    (mutations, "tests/mutations.txt", "ops/b.h [core/z]: no vector\n- <vector>\n+ <list>\n",
     "tests/mutations.txt: ops/b.h: no vector: there are no tests of core/z"),
]


class TheProject(unittest.TestCase):
    def test_keeps_every_rule(self):
        for rule in RULES:
            with self.subTest(rule.__name__):
                broken = list(rule(PROJECT))
                if broken:
                    self.fail("\n".join([rule.__doc__, *broken]))


class TheRules(unittest.TestCase):
    def said(self, rule, **changed):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for name, text in {**GOOD, **changed}.items():
                if text is not None:
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_text(text)
            return list(rule(root))

    def test_are_content_with_a_good_tree(self):
        for rule in RULES:
            self.assertEqual(self.said(rule), [])

    def test_notice_every_breach(self):
        for rule, name, text, line in BREACHES:
            self.assertEqual(self.said(rule, **{name: text}), [line])

    def test_can_each_be_broken(self):
        self.assertEqual({rule for rule, *_ in BREACHES}, set(RULES))


if __name__ == "__main__":
    unittest.main()
