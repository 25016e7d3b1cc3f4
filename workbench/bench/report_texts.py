"""Texts of reports: real ones where they lie beside the repository, else made-up ones as long."""

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

import workbench

_REPOSITORY = Path(workbench.__file__).parents[1]
REAL = _REPOSITORY.parent / "shared" / "data" / "real_reports"
MADE_UP = _REPOSITORY / "workbench" / "evaluation" / "texts" / "everyday.jsonl"
# Lengths of the real texts in characters: the shortest, each twentieth, the longest.
LENGTHS = {
    "en": "15 32 45 59 72 84 97 111 125 139 156 173 191 213 238 274 316 372 451 607 1392",
    "es": "15 20 24 29 33 39 43 48 54 60 66 72 80 90 101 114 132 155 194 271 1474",
}
_COUNT = 800  # of each language


@cache
def report_texts() -> Mapping[str, Sequence[str]]:
    """Return some texts by language; real ones may go to a router of this machine alone."""
    random = Random(311)  # noqa: S311 - no secret depends on it
    if REAL.exists():
        return {language: random.sample(_real_texts(language), _COUNT) for language in LENGTHS}
    return made_up_texts(random)


def _real_texts(language: str) -> list[str]:
    [file] = REAL.glob(f"*_{language}.jsonl.gz")
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    return [json.loads(line)["text"] for line in lines]


def made_up_texts(random: Random) -> Mapping[str, Sequence[str]]:
    """Return made-up texts whose lengths are distributed as those of the real ones."""
    written: defaultdict[str, list[str]] = defaultdict(list)
    for line in MADE_UP.read_text(encoding="utf-8").splitlines():
        report = json.loads(line)
        written[report["language"]].append(report["text"])
    return {
        language: [
            _of_length(_length(list(map(int, lengths.split())), random), written[language], random)
            for _ in range(_COUNT)
        ]
        for language, lengths in LENGTHS.items()
    }


def _length(lengths: Sequence[int], random: Random) -> int:
    low, part = divmod(random.random() * (len(lengths) - 1), 1)
    shorter, longer = lengths[int(low) : int(low) + 2]
    return round(shorter + part * (longer - shorter))


def _of_length(length: int, written: Sequence[str], random: Random) -> str:
    text = random.choice(written)
    while len(text) < length:
        text = f"{text} {random.choice(written)}"
    return text[:length]
