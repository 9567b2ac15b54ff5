#!/usr/bin/env python3
"""A virtual environment with the newest version of a framework on PyPI, in the cache folder of the user.

    python3 tools/bench/peer/environment.py torch          asks before it installs; prints the path of the environment's Python
    python3 tools/bench/peer/environment.py jax --yes      installs without asking; if it is there, updates it

The folder is ${XDG_CACHE_HOME:-~/.cache}/scangrad/peer/torch. Delete it to start again. Everything else is printed to stderr.
If there is no environment at the end, the last line there says why, and the exit status is 1.
"""

import os
import pathlib
import shlex
import subprocess
import sys

# What pip installs. torch works without NumPy, but warns about that.
PACKAGES = {"torch": ["torch", "numpy"], "jax": ["jax"]}
DOWNLOADS = {"torch": "3 GB, and 6 GB on the disk", "jax": "150 MB, and 600 MB on the disk"}  # on x86-64 with CUDA


def folder_of(package):
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(cache).expanduser() / "scangrad" / "peer" / package


def python_of(package):
    return folder_of(package) / "bin" / "python"


def how_to_update(package):
    """For the Python that runs this."""
    if pathlib.Path(sys.prefix) == folder_of(package):
        return "--yes updates it"
    return f"{shlex.quote(sys.executable)} -m pip install -U {package}"


def is_installed(package):
    """pip writes the version last, so an installation that was interrupted has none."""
    test = f"import importlib.metadata as m; m.version({package!r})"
    return python_of(package).exists() and subprocess.run([python_of(package), "-c", test], stderr=subprocess.DEVNULL,
                                                          check=False).returncode == 0


def agreed(package):
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return False
    print(f"{package} is not installed for benchmarks. Install it from PyPI into {folder_of(package)}?\n"
          f"This downloads {DOWNLOADS[package]}. [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def run(*command):
    """A terminal shows the output. Returns the last line of errors, empty on success."""
    shown = sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=shown, stderr=subprocess.PIPE, text=True, check=False)
    return "" if result.returncode == 0 else (result.stderr.strip().splitlines() or [f"{command[0]} failed"])[-1]


def install(package):
    """The reason if it fails."""
    if not is_installed(package):
        folder_of(package).mkdir(parents=True, exist_ok=True)
        problem = run("python3", "-m", "venv", "--clear", folder_of(package))
        if problem:
            return problem
    return run(python_of(package), "-m", "pip", "install", "--upgrade", *PACKAGES[package])


def main(package, yes):
    problem = ""
    if yes or (not is_installed(package) and agreed(package)):
        problem = install(package)
    if is_installed(package):
        if problem:
            print(f"bench: {package} was not updated: {problem}", file=sys.stderr)
        print(python_of(package))
        return
    sys.exit(f"bench: {package} {'cannot be installed: ' + problem if problem else 'is not installed; --yes installs it'}")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in PACKAGES:
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 1)
    main(sys.argv[1], "--yes" in sys.argv[2:])
