"""What the structure rules share: the folders of the project, its source files and its units.

A tree is a pathlib.Path: the project itself, or a small made-up tree in which one rule is broken.
"""

import configparser
import itertools
import pathlib
import re
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["core", "ops", "nn", "models", "tools"]  # each may include from itself and from those before it


def sources(root, folders=(*LAYERS, "tests"), suffixes=(".h", ".cpp")):
    """The source files of these folders, as paths relative to the root. embed and examples hold programs of their own."""
    found = itertools.chain.from_iterable((root / folder).rglob("*") for folder in folders)
    return sorted(path.relative_to(root) for path in found if path.suffix in suffixes
                  and not {"embed", "examples"} & set(path.parts))


def without_comments(text):
    """C++ without comments. Line numbers stay, so that a rule can name the line."""
    token = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
    return re.sub(token, lambda m: m[0] if m[0][0] == '"' else "\n" * m[0].count("\n"), text, flags=re.S)


def lines_of(root, path):
    return enumerate(without_comments((root / path).read_text()).splitlines(), 1)


def count_lines(root, path):
    return len((root / path).read_text().splitlines())


def included(root, path):
    """The files of the project that a file includes, as paths relative to the root."""
    names = re.findall(r'^\s*#\s*include\s*"([^"]+)"', without_comments((root / path).read_text()), re.M)
    return [str(((root / path).parent / name).resolve().relative_to(root)) for name in names]


def units(root):
    """The units that meson.build names: {"core/shape", ...}."""
    listed = re.search(r"^units = \{(.*?)^\}", (root / "meson.build").read_text(), re.S | re.M)[1]
    folders = re.findall(r"'(\w+)': \[(.*?)\]", re.sub(r"#.*", "", listed), re.S)
    return {f"{folder}/{unit}" for folder, names in folders for unit in re.findall(r"'([\w/]+)'", names)}


def files(root):
    """The files that belong to the project: those in git or not added yet; without git, all that .gitignore allows."""
    git = subprocess.run(["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, text=True, check=False)
    if (root / ".git").exists() and git.returncode == 0:
        return [pathlib.Path(line) for line in git.stdout.splitlines() if (root / line).exists()]
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text().splitlines()]
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path for path in found
                  if not any(pathlib.PurePath(part).match(each) for part in path.parts for each in ignored))


def exceptions(root, section):
    """What a section of tests/structure/exceptions.ini allows: {place: reason}."""
    parser = configparser.ConfigParser(delimiters="=", interpolation=None)
    parser.optionxform = str
    parser.read(root / "tests/structure/exceptions.ini")
    return dict(parser[section]) if parser.has_section(section) else {}


def without_exceptions(root, section, found):
    """The lines of a rule that found {place: what is wrong}: those without an exception, and exceptions not needed."""
    allowed = exceptions(root, section)
    for place in sorted(found.keys() - allowed.keys()):
        yield f"{place}: {found[place]}"
    for place in sorted(allowed.keys() - found.keys()):
        yield f"{place}: keeps the rule, so remove it from [{section}] in tests/structure/exceptions.ini"
