"""The rule for every README.md of the repository: what it names exists."""

import os
import re

import tree

PICTURES = "tools/pictures"


def readmes_of(root):
    return [path for path in tree.files(root) if path.name == "README.md"]


def links(root, folder, text):
    for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        if not (root / os.path.normpath(folder / link)).exists():
            yield f"links to {link}, but this file does not exist"


def names(root, folder, text):
    text = re.sub(r"\]\([^)]*\)", "]", text)  # links are checked above
    examples = tree.exceptions(root, "examples")
    for word in sorted(set(re.findall(rf"(?<![\w/.<-])(?:{'|'.join(tree.LAYERS)}|tests)/[\w./*{{}},-]*[\w*}}/]", text))):
        braces = re.fullmatch(r"(.*)\{(.*)\}(.*)", word)
        for name in [braces[1] + middle + braces[3] for middle in braces[2].split(",")] if braces else [word]:
            pattern = re.sub(r"\b[A-Z]+(?=[_./]|$)", "*", name.rstrip("/"))  # NAME stands for any name
            found = [base.glob(each) for base in (root, root / folder) for each in (pattern, f"{pattern}.h")]  # or a unit
            stem = re.sub(r"(_test)?(\.\w+)?$", "", name.split("/")[-1])
            if not any(map(any, found)) and stem not in examples:
                yield f"names {name}, but this file does not exist"


def calls(root, _, text):
    for script, options in re.findall(r"\b(tools/[\w-]+\.sh)((?: +--?[\w-]+)*)", text):
        known = (root / script).read_text() if (root / script).is_file() else ""
        for option in options.split():
            if option not in known:
                yield f"calls {script} with {option}, but the script has no such option"
    commands = "".join((root / path).read_text() for path in tree.sources(root, ["tools"], [".cpp"]))
    for command in sorted(set(re.findall(r"build/scangrad +(\w+)", text))):
        if f'"{command}"' not in commands:
            yield f"calls build/scangrad {command}, but there is no such command"
    known = re.findall(r"^option\('(\w+)'", (root / "meson_options.txt").read_text(), re.M)
    of_meson = ["buildtype", "prefix", "werror", "cpp_args"]
    for option in sorted(set(re.findall(r"-D(\w+)=", text)) - {*known, *of_meson}):
        yield f"sets -D{option}, but meson_options.txt has no such option"


def pictures(root):
    """The READMEs show the pictures that tools/pictures/regenerate.sh knows, each with a caption, and no others."""
    script = root / PICTURES / "regenerate.sh"
    known = set(re.findall(r"^picture_([\w-]+)\(\)", script.read_text(), re.M)) if script.exists() else set()
    shown = {}
    for path in readmes_of(root):
        for link, after in re.findall(r"!\[[^]]*\]\(([^)]+)\)\n*([^\n]*)", (root / path).read_text()):
            name = os.path.relpath(root / path.parent / link, root / PICTURES)
            shown.setdefault(re.sub(r"\.svg$", "", name), []).append(path)
            if not after.startswith("*"):
                yield f"{path}: has no caption, a line between asterisks, below {link}"
    for name in sorted(shown.keys() - known):
        yield f"{shown[name][0]}: shows {name}, but {PICTURES}/regenerate.sh has no function picture_{name}"
    for name in sorted(known - shown.keys()):
        yield f"{PICTURES}/regenerate.sh: draws {name}, but no README.md shows it"


def readme(root):
    """Every README.md names only files, links, commands, and options of scripts and of the build that exist."""
    if not (root / "README.md").exists():
        yield "README.md: is missing"
    for path in readmes_of(root):
        for check in (links, names, calls):
            for line in check(root, path.parent, (root / path).read_text()):
                yield f"{path}: {line}"
    texts = "".join((root / path).read_text() for path in readmes_of(root))
    for example in tree.exceptions(root, "examples"):
        if not re.search(rf"\b{example}\b", texts):
            yield f"{example}: no README.md uses it, so remove it from [examples] in tests/structure/exceptions.ini"


RULES = [readme, pictures]

# A part of the made-up tree that keeps every rule.
GOOD = {
    "README.md": "Run `tools/go.sh --fast`, see [b](ops/b.h), `ops/b`, [above](#run) and [there](https://x.org/core/z.h), read\n"
                 "`core/a.{h,cpp}` and `tests/ops/NAME_test.cpp`, then `-Dnative=false`.\n"
                 "    build/scangrad  train copy\n",
    "tools/pictures/regenerate.sh": "picture_gates() { draw; }\n",
    "tools/README.md": "![Gates](pictures/gates.svg)\n\n*What is seen.*\n",
    "tools/pictures/gates.svg": "",
    "ops/README.md": "See [b](b.h), [a](../core/a.h) and `core/a.cpp`; write `ops/toy.h` and `tests/ops/toy_test.cpp`.\n",
}

# What a rule says when one file of that tree has another text, or is gone (None).
BREACHES = [
    (readme, "README.md", None, "README.md: is missing"),
    (readme, "README.md", "`ops/z.cpp`", "README.md: names ops/z.cpp, but this file does not exist"),
    (readme, "README.md", "core/a.{h,cc}", "README.md: names core/a.cc, but this file does not exist"),
    (readme, "README.md", "nn/NAME.md", "README.md: names nn/NAME.md, but this file does not exist"),
    (readme, "README.md", "[x](LICENSE)", "README.md: links to LICENSE, but this file does not exist"),
    (readme, "README.md", "tools/go.sh --slow",
     "README.md: calls tools/go.sh with --slow, but the script has no such option"),
    (readme, "README.md", "build/scangrad fry", "README.md: calls build/scangrad fry, but there is no such command"),
    (readme, "README.md", "-Dblas=true", "README.md: sets -Dblas, but meson_options.txt has no such option"),
    (readme, "ops/README.md", "",
     "toy: no README.md uses it, so remove it from [examples] in tests/structure/exceptions.ini"),
    (readme, "ops/README.md", "[a](core/a.h), toy", "ops/README.md: links to core/a.h, but this file does not exist"),
    (pictures, "tools/README.md", "![Gates](pictures/gates.svg)\n\nText",
     "tools/README.md: has no caption, a line between asterisks, below pictures/gates.svg"),
    (pictures, "tools/README.md", "", "tools/pictures/regenerate.sh: draws gates, but no README.md shows it"),
    (pictures, "README.md", "![A](tools/pictures/a.svg)\n*A*",
     "README.md: shows a, but tools/pictures/regenerate.sh has no function picture_a"),
    (readme, "ops/README.md", "`core/z.h`, toy", "ops/README.md: names core/z.h, but this file does not exist"),
]
