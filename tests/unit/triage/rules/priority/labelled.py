"""Texts as people write them, each with what it is, and how the rules judge them.

The train part is there to mend rules and phrases by, and hints are learnt from it: one file for
each writer, and `corrections.jsonl` for what hints got wrong. The test part says how good they
are on texts that nobody looked at: never mend anything by it, and never print its texts. So are the
fresh part, of texts that tell of dangers by the way, and the unheard part, of two writers of
whom nothing was learnt; the rules miss more of them, and the tests say how many.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import evaluation
from services.triage.policy import Assessment, CityPolicy
from shared.catalogue import Jurisdiction, load_catalogue

_URGENT = ("P1", "P2")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what it is: ``emergency``, ``urgent``, ``routine`` or ``harmless``.

    ``harmless`` are texts with the words of a hazard that tell of none.
    """

    part: str
    language: str
    label: str
    service_code: str
    text: str

    @property
    def is_right(self) -> bool:
        """Whether the rules judge the text as a person did.

        Only a kind that is a hazard under conditions, or none by itself, can be harmless; the
        others stay as urgent as they are.
        """
        found = assess(self)
        if self.label == "emergency":
            return found.emergency is not None
        is_urgent = found.priority.level in _URGENT
        if self.label == "urgent":
            return is_urgent
        kind = rules().services[self.service_code]
        can_be_harmless = kind.hazard == "if" or kind.priority not in _URGENT
        return found.emergency is None and not (is_urgent and can_be_harmless)


@cache
def texts() -> Sequence[Labelled]:
    """Return every text, of both parts."""
    files = sorted((Path(evaluation.__file__).parent / "texts").glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return tuple(Labelled(**json.loads(line)) for line in lines)


def of(part: str, language: str, label: str) -> Sequence[Labelled]:
    """Return the texts of one part, language and label."""
    return [t for t in texts() if (t.part, t.language, t.label) == (part, language, label)]


@cache
def rules() -> CityPolicy:
    """Return the rules of Portland."""
    return CityPolicy(portland())


@cache
def portland() -> Jurisdiction:
    """Return Portland as its catalogue describes it."""
    return load_catalogue().jurisdictions["portland.gov"]


def assess(labelled: Labelled) -> Assessment:
    """Return what the rules say of a text without answers."""
    return rules().assess(rules().services[labelled.service_code], labelled.text, {}, None)
