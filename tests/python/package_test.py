"""The package as others see it: its types, its documentation, its example."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import scangrad

PROJECT = pathlib.Path(__file__).resolve().parents[2]
STUBS = ast.parse((pathlib.Path(scangrad.__file__).parent / "__init__.pyi").read_text())


def public(names):
    return {name for name in names if not name.startswith("_")}


def stub_functions(body):
    found = {}
    for each in body:
        if isinstance(each, ast.FunctionDef):
            found.setdefault(each.name, []).append(each)
    return found


def stub_names(body):
    names = {each.name for each in body if isinstance(each, (ast.FunctionDef, ast.ClassDef))}
    return names | {each.target.id for each in body if isinstance(each, ast.AnnAssign)}


def argument_names(function):
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [each.arg for each in every if each.arg != "self"]


def documented_arguments(function):
    """The names of a C++ function's arguments, from the first line of its documentation."""
    inside = re.match(r"\w+\((.*)\)", function.__doc__.splitlines()[0])[1]
    return [name for name in re.findall(r"(?:^|, )(\w+)(?=:)", inside) if name != "self"]


def test_the_types_name_what_is_there():
    assert public(stub_names(STUBS.body)) == public(vars(scangrad))
    for each in STUBS.body:
        if isinstance(each, ast.ClassDef) and each.name in vars(scangrad) and each.name != "Error":
            assert public(stub_names(each.body)) == public(vars(getattr(scangrad, each.name))), each.name


def test_the_types_name_the_arguments():
    for name, definitions in stub_functions(STUBS.body).items():
        function = getattr(scangrad, name)
        if not function.__doc__ or not function.__doc__.startswith(f"{name}("):
            continue  # made in Python
        if "**kwargs" not in function.__doc__:
            assert argument_names(definitions[0]) == documented_arguments(function), name


def test_options_have_the_defaults_that_the_types_say():
    for maker, unit in ((scangrad.LanguageModel, "language_model"), (scangrad.SeriesModel, "series_model"),
                        (scangrad.Stack, "stack"), (scangrad.AdamW, "adamw")):  # fmt: skip
        stub = next(each for each in STUBS.body if isinstance(each, ast.ClassDef) and each.name == maker.__name__)
        init = stub_functions(stub.body)["__init__"][0]
        options = {arg.arg: ast.literal_eval(value) for arg, value in zip(init.args.kwonlyargs, init.args.kw_defaults)}
        by_default, by_name = scangrad.Params(1), scangrad.Params(1)
        maker(by_default)
        maker(by_name, **options)  # every name is known, or this fails
        ours, theirs = by_default.state_dict(), by_name.state_dict()
        assert list(ours) == list(theirs), unit
        assert all((ours[name] == theirs[name]).all() for name in ours), unit


def test_the_package_is_typed_and_has_a_version():
    assert (pathlib.Path(scangrad.__file__).parent / "py.typed").exists()
    written = re.search(r"version: '(.+?)'", (PROJECT / "meson.build").read_text())[1]
    assert scangrad.__version__ == written


def test_the_example_learns_and_writes(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(scangrad.__file__).parents[1])}
    said = subprocess.run([sys.executable, PROJECT / "tools/examples/example.py"], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert said.returncode == 0, said.stderr
    losses = [float(each) for each in re.findall(r"loss (\d\S*) nats", said.stdout)]
    assert losses[0] > 5 and losses[-1] < 0.2
    assert '\n"""Trains a small' in said.stdout


def test_the_example_refuses_a_text_that_is_too_short(tmp_path):
    (tmp_path / "short.txt").write_text("short")
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(scangrad.__file__).parents[1])}
    said = subprocess.run([sys.executable, PROJECT / "tools/examples/example.py", "short.txt"], cwd=tmp_path,
                          env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert said.returncode == 1
    assert said.stderr == "example: short.txt has 5 bytes, but more than 128 are needed\n"
