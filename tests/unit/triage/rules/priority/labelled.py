"""Labelled texts of residents, and the rules' verdict on each.

The train part serves to correct rules and phrases, and hints are trained on it: one file for each
writer, and `corrections.jsonl` for errors of the hints. The test part measures texts that were
never looked at: never correct anything by it, and never print its texts. The same goes for the
fresh part (texts that mention dangers in passing) and for the unheard part (two writers without
texts in training). The rules miss more of those; the tests state how many.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import workbench.evaluation
from services.triage.policy import Assessment, CityPolicy
from shared.catalogue import Jurisdiction, load_catalogue

_URGENT = ("P1", "P2")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with its label: ``emergency``, ``urgent``, ``routine`` or ``harmless``.

    ``harmless`` texts have the words of a hazard but report none.
    """

    part: str
    language: str
    label: str
    service_code: str
    text: str

    @property
    def is_right(self) -> bool:
        """Return True when the rules label the text as a person did.

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
    """Return every text of all parts whose urgency somebody judged."""
    files = sorted((Path(workbench.evaluation.__file__).parent / "texts").glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    judged = [item for item in map(json.loads, lines) if "label" in item]
    names = Labelled.__slots__
    return tuple(Labelled(**{name: item[name] for name in names}) for item in judged)


def of(part: str, language: str, label: str) -> Sequence[Labelled]:
    """Return the texts of one part, language and label."""
    return [t for t in texts() if (t.part, t.language, t.label) == (part, language, label)]


@cache
def rules() -> CityPolicy:
    """Return Portland's policy."""
    return CityPolicy(portland())


@cache
def portland() -> Jurisdiction:
    """Return Portland's catalogue."""
    return load_catalogue().jurisdictions["portland.gov"]


def assess(labelled: Labelled) -> Assessment:
    """Assess a text without attributes."""
    return rules().assess(rules().services[labelled.service_code], labelled.text, {}, None)
