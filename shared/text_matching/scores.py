"""Scores of a text model by name; without NumPy."""

from typing import NamedTuple

EVIDENCE_GAP = " … "  # placeholder in evidence for the words between two of its words


class KindProbability(NamedTuple):
    """A kind with the calibrated probability that a text is about it, 0 to 1."""

    code: str
    probability: float


class UrgencyScore(NamedTuple):
    """Points for urgency in a language, positive if urgent, and the number of known features."""

    language: str
    points: int
    known: int


def urgency_head(language: str) -> str:
    """Return the name of the head for urgency in a language."""
    return f"urgent:{language}"
