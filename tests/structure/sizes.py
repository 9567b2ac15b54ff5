"""Rules about sizes, and about tools that read the code: folders, files, functions, and what Universal Ctags finds."""

import collections
import json
import re
import shutil
import subprocess

import tree

MOST_FILES, MOST_LINES, MOST_FUNCTION_LINES, MOST_PARAMETERS = 27, 400, 60, 7

def signature_length(signature):
    """The number of parameters in "(int a, std::function<int(int, int)> b)"."""
    inner = signature[1:signature.rindex(")")].strip()
    while inner != (inner := re.sub(r"<[^<>()]*>|\([^()]*\)|\{[^{}]*\}|\[[^\[\]]*\]", "", inner)):
        pass
    return 0 if inner in ("", "void") else inner.count(",") + 1


def tags(root, paths, *options):
    """What Universal Ctags finds in these files, as dictionaries."""
    command = ["ctags", "--output-format=json", "--fields=+neS", *options, "-f", "-", *map(str, paths)]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [tag for tag in map(json.loads, run.stdout.splitlines()) if tag["_type"] == "tag"]


def has_ctags():
    if not shutil.which("ctags"):
        return False
    return subprocess.run(["ctags", "--version"], capture_output=True, text=True, check=False).stdout.startswith("Universal")


NO_CTAGS = "ctags: Universal Ctags is not installed; tools/setup.sh test installs it"


def ctags(root):
    """Universal Ctags finds every public function and class, so that editors can find them too."""
    if not has_ctags():
        yield NO_CTAGS
        return
    headers = [path for path in tree.sources(root, tree.LAYERS[:-1]) if path.suffix == ".h"]
    found = {(tag["path"], tag["name"]) for tag in tags(root, headers, "--kinds-C++=+p")}
    for path in headers:
        text = tree.without_comments((root / path).read_text())
        text = re.sub(r"^[ \t]*#[^\n]*|\bfriend\b[^;{]*", "", text, flags=re.M)
        public = r"\bSCANGRAD_(?:C_)?API\b"
        for name in (re.findall(rf"\b(?:class|struct)\s+{public}\s+(\w+)", text) +
                     re.findall(rf"(?<!class )(?<!struct ){public}[^;{{(]*?(\w+)\s*\(", text)):
            if (str(path), name) not in found:
                yield f"{path}: ctags does not find {name}"


def folders(root):
    """A folder has at most 27 files of its own besides README.md, or a reason in tests/structure/exceptions.ini."""
    count = collections.Counter(path.parent for path in tree.files(root)
                                if path.parts[0] in (*tree.LAYERS, "tests") and path.name != "README.md")
    found = {str(folder): f"has {files} files, but at most {MOST_FILES} are allowed; make a subfolder, "
                          "or write a reason into tests/structure/exceptions.ini"
             for folder, files in count.items() if files > MOST_FILES}
    yield from tree.without_exceptions(root, "folders", found)


def test_cases(root, path):
    """The test cases of a file: [(name, lines)]; ctags does not see them."""
    for match in re.finditer(r'^TEST_CASE\("(.*?)"\).*?^}', (root / path).read_text(), re.M | re.S):
        yield match[1], match[0].count("\n") + 1


def too_large(root):
    """What exceeds a limit: {"path" or "path:function": "has 401 lines"}."""
    found = {}
    for path in tree.sources(root, suffixes=(".h", ".cpp", ".py", ".sh")):
        if (lines := tree.count_lines(root, path)) > MOST_LINES:
            found[str(path)] = f"has {lines} lines, but at most {MOST_LINES} are allowed"
    code = tree.sources(root, suffixes=(".h", ".cpp", ".py"))
    functions = [(tag["path"], tag["name"], tag.get("end", tag["line"]) - tag["line"] + 1, tag.get("signature", "()"))
                 for tag in tags(root, code, "--kinds-C++=f", "--kinds-Python=fm")
                 if not tag["name"].startswith("__anon")]  # lambdas count as lines of the function around them
    functions += [(path, name, lines, "()") for path in code for name, lines in test_cases(root, path)]
    for path, name, lines, signature in functions:
        if lines > MOST_FUNCTION_LINES:
            found[f"{path}:{name}"] = f"has {lines} lines, but at most {MOST_FUNCTION_LINES} are allowed"
        if (parameters := signature_length(signature)) > MOST_PARAMETERS:
            found[f"{path}:{name}"] = f"has {parameters} parameters, but at most {MOST_PARAMETERS} are allowed"
    return found


def sizes(root):
    """Files have at most 400 lines, functions 60 lines and 7 parameters, or a reason in tests/structure/exceptions.ini."""
    if not has_ctags():
        yield NO_CTAGS
        return
    yield from tree.without_exceptions(root, "sizes", too_large(root))


RULES = [ctags, folders, sizes]

# A part of the made-up tree that keeps every rule.
GOOD = {
    "ops/b.h": '#pragma once\n#include <vector>\n#include "../core/a.h"\nnamespace scangrad::X {\n'
               "class SCANGRAD_API B {\n  friend SCANGRAD_API int f();\n};\n"
               "SCANGRAD_API std::vector<int> g(int a, std::vector<int> b);\n}\n",
    "tools/long.py": 401 * "\n",
    "tests/structure/exceptions.ini": "[sizes]\ntools/long.py = a table\n[examples]\ntoy = an op\n",
}

# What a rule says when one file of that tree has another text, or is gone (None).
BREACHES = [
    (ctags, "ops/b.h", "#pragma once\nnamespace scangrad::inline X {\nSCANGRAD_API int g(int a);\n}\n",
     "ops/b.h: ctags does not find g"),
    (ctags, "ops/b.h", "#pragma once\nnamespace scangrad::inline X {\nclass SCANGRAD_API B {\n};\n}\n",
     "ops/b.h: ctags does not find B"),
    (folders, "tools/many/*", {f"tools/many/{i}.txt": "" for i in range(28)},
     "tools/many: has 28 files, but at most 27 are allowed; make a subfolder, or write a reason into "
     "tests/structure/exceptions.ini"),
    (sizes, "tools/longer.sh", 401 * "\n", "tools/longer.sh: has 401 lines, but at most 400 are allowed"),
    (sizes, "tools/f.cpp", "int f() {\n" + 59 * "\n" + "}\n", "tools/f.cpp:f: has 61 lines, but at most 60 are allowed"),
    (sizes, "tools/f.py", "def f():\n" + 60 * "    pass\n", "tools/f.py:f: has 61 lines, but at most 60 are allowed"),
    (sizes, "tests/core/a_test.cpp", 'TEST_CASE("a: is") {\n' + 59 * "\n" + "}\n",
     "tests/core/a_test.cpp:a: is: has 61 lines, but at most 60 are allowed"),
    (sizes, "tools/f.cpp", "void f(int a, F<int(int, int)> b, int c, int d, int e, int f, int g, int h) {}\n",
     "tools/f.cpp:f: has 8 parameters, but at most 7 are allowed"),
    (sizes, "tools/long.py", "", "tools/long.py: keeps the rule, so remove it from [sizes] in tests/structure/exceptions.ini"),
]
