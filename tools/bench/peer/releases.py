"""When a version of a package was released, and whether PyPI has a newer one."""

import datetime
import json
import os
import urllib.request

PYPI = os.environ.get("SCANGRAD_PYPI", "https://pypi.org/pypi")  # the tests use a folder
DAYS_OF_A_YEAR = 365


def description(package):
    """What PyPI says about a package; None if it cannot be asked."""
    try:
        with urllib.request.urlopen(f"{PYPI}/{package}/json", timeout=10) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def release_date(answer, version):
    files = answer["releases"].get(version) or []
    return min((datetime.date.fromisoformat(each["upload_time"][:10]) for each in files), default=None)


def notes(package, version, how_to_update, today):
    """Lines about the age of an installed version."""
    answer = description(package)
    if answer is None:
        return ["PyPI cannot be asked, so the date of this release is not known"]
    lines = []
    date = release_date(answer, version)
    if date is None:
        lines.append("PyPI does not have this version, so the date of its release is not known")
    else:
        days = (today - date).days
        lines.append(f"released on {date}, {days} days ago")
        if days > DAYS_OF_A_YEAR:
            lines.append(f"older than a year: do not compare with it; {how_to_update}")
    newest = answer["info"]["version"]
    if newest != version:
        python = answer["info"].get("requires_python") or "any"
        lines.append(f"PyPI has {newest} (for Python {python}); {how_to_update}")
    return lines
