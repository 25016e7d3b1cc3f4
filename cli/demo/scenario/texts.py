"""What people say about a problem, in English or Spanish."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

import yaml

from cli.demo.scenario.chance import Random

Texts: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]

_FILE = Path(__file__).with_name("texts.yaml")


@cache
def texts() -> Texts:
    """Return the wordings by kind and language."""
    read: Texts = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


def says(kind: str, language: str, street: str, rng: Random) -> tuple[str, str]:
    """Return a text about a problem of this kind, and its language.

    The language is the wished one where there are texts in it, else the one that there is.
    """
    of_kind = texts()[kind]
    spoken = language if language in of_kind else next(iter(of_kind))
    return rng.choice(of_kind[spoken]).replace("{street}", street), spoken
