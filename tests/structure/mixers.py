"""Rules that keep mixers apart: one list of their names, and a program with one mixer needs no file of another.

    python3 tests/structure/mixers.py      prints the files that training minGRU needs, with their lines
"""

import re

import tree

# What a program that trains minGRU on the copying task includes. Paths may be patterns.
NEEDED = ["nn/min_gru.h", "models/networks/language_model.h", "models/**/copy_task.h", "models/training/train.h"]
# The walk over includes stops at the table of mixers (found by its content) and at the table of tasks.
TASK_TABLE = "models/tasks/table.cpp"
# Operations that only one mixer uses, although their names do not begin with its name.
OPS_OF_MIXERS = {"selective_scan": "mamba", "recurrent_loop": "gru", "recurrent_weights": "gru"}
# Of all these files; the aim is 7,000. About 830 are tiles and bf16, which only make products fast.
MOST_LINES = 13_650

QUOTED = r'"(?:\\.|[^"\\\n])*"'
NAMES_IN_ROW = r'[{(]\s*"([a-z][a-z0-9]*)"|\.name = "([a-z][a-z0-9]*)"'


def table(root):
    """The one table of mixers: (its path, their names). It is the file of nn/ that names mingru and most others."""
    found = [(path, {a or b for a, b in re.findall(NAMES_IN_ROW, (root / path).read_text())})
             for path in tree.sources(root, ["nn"])]
    found = [(path, names) for path, names in found if "mingru" in names and len(names) >= 3]
    return max(found, key=lambda each: len(each[1])) if found else (None, set())


def closure(root):
    """The files that training minGRU needs: {path: the file that includes it}. With a header comes its .cpp. The tables of
    mixers and of tasks do not count: with one row less the program would run, too."""
    stop = {str(table(root)[0]), TASK_TABLE}
    todo = [(str(path.relative_to(root)), "the program") for each in NEEDED for path in sorted(root.glob(each))]
    reached = {}
    while todo:
        name, by = todo.pop(0)
        if name in reached or name in stop or not (root / name).is_file():
            continue
        reached[name] = by
        source = re.sub(r"\.h$", ".cpp", name)
        todo += [(path, name) for path in [source, *tree.included(root, name)]]
    return reached


def total_lines(root, paths):
    return sum(tree.count_lines(root, path) for path in paths)


def summary(root):
    reached = closure(root)
    return f"training minGRU on the copying task needs {len(reached)} files with {total_lines(root, reached)} lines"


def mixer_of(path, names):
    """The mixer that a file belongs to, by the beginning of its name or of a folder's: ops/diagonal/min_lstm_scan.h."""
    for part in re.sub(r"\.\w+$", "", path).split("/"):
        if part in OPS_OF_MIXERS:
            return OPS_OF_MIXERS[part]
        for name in sorted(names, key=len, reverse=True):
            if part.replace("_", "").startswith(name):
                return name
    return None


def one_mixer(root):
    """Training minGRU on the copying task needs, by includes, no file of another mixer, and few lines in all."""
    path, names = table(root)
    if path is None:
        yield "nn: no file holds a table of the mixers"
        return
    reached = closure(root)
    others = {file: f"belongs to {mixer_of(file, names)}, but {by} includes it, which training minGRU needs"
              for file, by in reached.items() if mixer_of(file, names) not in (None, "mingru")}
    yield from tree.without_exceptions(root, "one mixer", others)
    lines = total_lines(root, reached)
    if lines > MOST_LINES:
        yield (f"training minGRU: needs {lines} lines, but at most {MOST_LINES} are allowed; "
               "python3 tests/structure/mixers.py lists them")


def words_of(path, line):
    """The words of a line that may be names of mixers: those in quotes and in comments; in a script all."""
    if re.match(r"\s*#\s*include", line):
        return []
    if path.suffix != ".sh":
        comment = re.search(r"//.*" if path.suffix in (".h", ".cpp") else r"#.*", line)
        line = " ".join(re.findall(rf"{QUOTED}|'[^'\n]*'", line) + ([comment[0]] if comment else []))
    return re.findall(r"(?<![\w/.-])\w+(?![\w/.(-])", line)


def mixer_names(root):
    """No file holds a second list of mixers: three or more of their names within five lines."""
    where, names = table(root)
    if where is None:
        return
    found = {}
    for path in tree.sources(root, suffixes=(".h", ".cpp", ".py", ".sh")):
        if path == where or path.parts[:2] == ("tests", "structure"):
            continue
        lines = [names & set(words_of(path, line)) for line in (root / path).read_text().splitlines()]
        for i in range(len(lines)):
            listed = set().union(*lines[i:i + 5])
            if lines[i] and len(listed) >= 3:
                found.setdefault(str(path), f"line {i + 1} lists {', '.join(sorted(listed))}; only {where} lists mixers")
    yield from tree.without_exceptions(root, "mixer names", found)


RULES = [one_mixer, mixer_names]

# A part of the made-up tree that keeps every rule.
GOOD = {
    "nn/min_gru.cpp": '#include "mixer.h"\n' + 48 * "\n",
    "nn/mixer.h": "#pragma once\n",
    "nn/mixer.cpp": '#include "mixers/lstm.h"\nRow rows[] = {{"mingru", a}, {"minlstm", b},\n  {"lstm", c}};\n',
    "nn/mixers/lstm.h": "#pragma once\n// lstm\n",
    "tests/nn/mixer_test.cpp": "",
    "tests/nn/mixers/lstm_test.cpp": "",
}

# What a rule says when one file of that tree has another text, or is gone (None).
BREACHES = [
    (one_mixer, "nn/mixer.h", '#pragma once\n#include "mixers/lstm.h"\n',
     "nn/mixers/lstm.h: belongs to lstm, but nn/mixer.h includes it, which training minGRU needs"),
    (one_mixer, "nn/mixer.cpp", "", "nn: no file holds a table of the mixers"),
    (one_mixer, "nn/mixer.h", (MOST_LINES + 1) * "\n",
     f"training minGRU: needs {MOST_LINES + 99} lines, but at most {MOST_LINES} are allowed; "
     "python3 tests/structure/mixers.py lists them"),
    (mixer_names, "tools/x.cpp", 'f("lstm");\n\n// mingru\ng("minlstm");\n',
     "tools/x.cpp: line 1 lists lstm, mingru, minlstm; only nn/mixer.cpp lists mixers"),
    (mixer_names, "tools/x.py", "for mixer in ('mingru', 'lstm',\n    'minlstm'): pass\n",
     "tools/x.py: line 1 lists lstm, mingru, minlstm; only nn/mixer.cpp lists mixers"),
    (mixer_names, "tools/x.sh", "\nfor m in mingru lstm minlstm; do\n",
     "tools/x.sh: line 2 lists lstm, mingru, minlstm; only nn/mixer.cpp lists mixers"),
]


def main():
    reached = closure(tree.PROJECT)
    for file in sorted(reached):
        print(f"{tree.count_lines(tree.PROJECT, file):5d}  {file}  ({reached[file]})")
    print(summary(tree.PROJECT))


if __name__ == "__main__":
    main()
