"""A judgement with the positions of its evidence in place of words: it quotes nothing.

Who has the text and the same rules makes the judgement of it again, at a fraction of the cost.
"""

from typing import NamedTuple, TypeAlias

from shared.catalogue.judgement import TextJudgement
from shared.text_matching import EVIDENCE_GAP, fold
from shared.vocabulary import TextSeverity

Positions: TypeAlias = tuple[tuple[int, int], ...]
"""Start and end of each run of words in the folded text, in characters."""


class LocatedJudgement(NamedTuple):
    """A ``TextJudgement`` without words.

    Attributes:
        severity: What the text by itself reports.
        conditions: Conditions that count.
        doubted: Conditions that the text as a whole does not bear out.
    """

    severity: TextSeverity
    conditions: dict[str, Positions]
    doubted: dict[str, Positions]


def locate(judgement: TextJudgement, text: str) -> LocatedJudgement:
    """Return the judgement of a text without its words."""
    severity: TextSeverity = "routine"
    if judgement.is_urgent:
        severity = "danger" if judgement.is_danger else "urgent"
    conditions, doubted = judgement.conditions, judgement.doubted
    folded = fold(text) if conditions or doubted else ""
    return LocatedJudgement(
        severity,
        {code: _positions(evidence, folded) for code, evidence in conditions.items()},
        {code: _positions(evidence, folded) for code, evidence in doubted.items()},
    )


def quote(located: LocatedJudgement, text: str) -> TextJudgement:
    """Return the judgement of the same text with its words."""
    severity, conditions, doubted = located
    folded = fold(text) if conditions or doubted else ""
    return TextJudgement(
        {code: _evidence(positions, folded) for code, positions in conditions.items()},
        {code: _evidence(positions, folded) for code, positions in doubted.items()},
        is_urgent=severity != "routine",
        is_danger=severity == "danger",
    )


def _positions(evidence: str, folded: str) -> Positions:
    positions = []
    for words in filter(None, evidence.split(EVIDENCE_GAP)):
        start = folded.index(words)
        positions.append((start, start + len(words)))
    return tuple(positions)


def _evidence(positions: Positions, folded: str) -> str:
    return EVIDENCE_GAP.join([folded[start:end] for start, end in positions])
