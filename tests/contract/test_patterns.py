"""No pattern repeats a group possessively.

Python before 3.11.5 goes wrong where a repetition begins and fails: it does not return to the end
of the last whole one (CPython issue 106052), so a text loses a match. An atomic group is equal.
"""

import re

from tests.support.paths import REPOSITORY

_REPEATED_GROUP = re.compile(r"\)(?:[*+?]|\{\{?\d*,?(?:\{[^}]*\}|\d*)\}\}?)\+")
_PRODUCT = ("cli", "console", "deploy", "services", "shared", "workbench")


def test_no_pattern_repeats_a_group_possessively() -> None:
    files = [file for folder in _PRODUCT for file in (REPOSITORY / folder).rglob("*.py")]
    found = {
        f"{file.relative_to(REPOSITORY)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if _REPEATED_GROUP.search(line)
    }

    assert files
    assert not found, "write (?>(?:…)*) in place of (?:…)*+"
