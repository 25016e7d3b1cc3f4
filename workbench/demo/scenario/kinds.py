"""Kinds of ordinary reports, with their frequency, their hours and their wordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from workbench.demo.scenario.randomness import Random

Rhythm = Literal["daytime", "office", "evening", "night"]

_FILE = Path(__file__).with_name("kinds.yaml")
_BY_HOUR: Mapping[Rhythm, Sequence[int]] = {
    "daytime": (1, 1, 1, 1, 1, 2, 5, 9, 12, 13, 12, 11, 10, 10, 10, 10, 10, 9, 7, 6, 5, 4, 2, 1),
    "office": (0, 0, 0, 0, 0, 0, 1, 6, 12, 14, 14, 12, 10, 11, 12, 11, 9, 4, 2, 1, 1, 0, 0, 0),
    "evening": (2, 1, 1, 0, 0, 1, 3, 4, 4, 4, 4, 4, 4, 4, 5, 6, 9, 12, 12, 11, 9, 7, 5, 3),
    "night": (14, 10, 6, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 8, 22, 20),
}
"""Weight of each hour, from midnight on."""


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A kind of request; ``kinds.yaml`` explains the fields.

    Attributes:
        code: Service code in the catalogue.
        per_mille: Share among all ordinary reports.
        rhythm: Hours at which it is reported.
        located: False for a question or request about no location.
        photo: True when a picture comes along.
        sensor: True when the city's own devices report it as well.
        es: Wordings in Spanish; none where the English ones must do.
    """

    code: str
    per_mille: int
    en: Sequence[str]
    rhythm: Rhythm = "daytime"
    located: bool = True
    photo: bool = False
    sensor: bool = False
    es: Sequence[str] = ()

    def random_hour(self, rng: Random) -> int:
        """Return an hour of the day, 0 to 23."""
        return rng.choices(range(24), _BY_HOUR[self.rhythm])[0]

    def random_text(self, language: str, street: str, rng: Random) -> tuple[str, str]:
        """Return a wording and its language, which is English where Spanish is missing.

        Args:
            language: ``en`` or ``es``, the preferred one.
            street: Name to put into the text.
        """
        texts, spoken = (self.es, "es") if language == "es" and self.es else (self.en, "en")
        return rng.choice(texts).replace("{street}", street), spoken


@cache
def kinds() -> Mapping[str, ReportKind]:
    """Return the kinds of ``kinds.yaml`` by their codes."""
    entries = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {code: ReportKind(code, **entry) for code, entry in entries.items()}


def random_kind(rng: Random) -> ReportKind:
    """Return a kind; frequent ones are drawn more often."""
    known = list(kinds().values())
    return rng.choices(known, [kind.per_mille for kind in known])[0]
