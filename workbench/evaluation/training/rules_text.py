"""Splits the text of an ``evidence.yaml`` so that untrained parts keep their wording."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from shared.catalogue.evidence import Evidence
from shared.catalogue.evidence_file import EVIDENCE, read_evidence

PLAIN = """\
reach: 200 m
distance: {0: 0, 10 m: 0, 25 m: 0, 50 m: 0, 100 m: 0, 200 m: 0}
no_distance: 0
apart: {0: 0, 1 h: 0, 12 h: 0, 24 h: 0, 72 h: 0, 168 h: 0, 336 h: 0}
same_kind: 0
same_street: 0
default: {start: 20, duplicate: 50, possible: 0}
"""


def plain_evidence() -> Evidence:
    """Return neutral evidence weights, for a city without any."""
    with TemporaryDirectory() as folder:
        (Path(folder) / EVIDENCE).write_text(PLAIN, encoding="utf-8")
        evidence = read_evidence(Path(folder))
    assert evidence is not None  # noqa: S101 - the file was written above
    return evidence


@dataclass(frozen=True, slots=True)
class RulesPart:
    """A top-level key of a file with its value (``text``) and the comments above it."""

    key: str
    comments: tuple[str, ...]
    text: str


def parts_of(text: str) -> Iterator[RulesPart]:
    """Yield each part of a file in order, without the comments at the head of the file."""
    lines = text.splitlines()
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(node, yaml.MappingNode):
        return
    starts = [key.start_mark.line for key, _ in node.value]
    firsts = [starts[0], *(_above(lines, start) for start in starts[1:])]
    for (key, _), first, start, end in zip(
        node.value, firsts, starts, [*firsts[1:], len(lines)], strict=True
    ):
        yield RulesPart(key.value, tuple(lines[first:start]), "\n".join(lines[start:end]))


def _above(lines: list[str], start: int) -> int:
    """Return the first line of the comments directly above a line."""
    while lines[start - 1].startswith("#"):
        start -= 1
    return start
