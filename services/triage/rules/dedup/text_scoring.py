"""Score what the texts of two reports have in common, and where they contradict each other."""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from math import sqrt

from services.triage.rules.dedup.model import Aspect, Report, ScoreItem
from services.triage.rules.dedup.text_features import compare_particulars, stem
from shared.catalogue.evidence import Evidence

_KIND_WORD, _WORD = 1, 2  # weights of a word that the kind itself has, and of any other
_LONG_NUMBER = 3  # digits
_CACHED_TEXTS = 1 << 12


def score_text(report: Report, opening: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    """Yield each aspect of the texts that speaks for or against one problem."""
    yield from _score_words(report, opening, evidence)
    yield from _score_kinds(report, opening, evidence)
    yield from _score_dangers(report, opening, evidence)
    yield from _score_particulars(report, opening, evidence)


def has_other_danger(report: Report, opening: Report) -> bool:
    """Return True when one of the two names a danger, and they name none in common."""
    return report.dangers != opening.dangers and report.dangers.isdisjoint(opening.dangers)


@lru_cache(maxsize=_CACHED_TEXTS)
def _weights(words: frozenset[str], kind_words: frozenset[str]) -> dict[str, tuple[int, str]]:
    """Return each stem of a text with its weight and a word that has it."""
    of_kind = {stem(word): (_KIND_WORD, word) for word in kind_words}
    return of_kind | {stem(word): (_WORD, word) for word in words}


def _score_words(report: Report, opening: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    """Score the share of weights in common; a text without a word of its own contradicts none."""
    if evidence.words is None:
        return
    mine, theirs = (_weights(one.words, one.kind_words) for one in (report, opening))
    shared = mine.keys() & theirs.keys()
    weight = sum(min(mine[each][0], theirs[each][0]) for each in shared)
    total = sum(w for w, _ in mine.values()) * sum(w for w, _ in theirs.values())
    slope = evidence.words.unsure if report.is_unsure else evidence.words.share
    points = slope(weight / sqrt(total) if total else 0.0)
    words = " ".join(sorted(mine[each][1] for each in shared))
    if points > 0:
        yield ScoreItem("words", points, words)
    elif points < 0 and len(shared) < min(len(mine), len(theirs)):
        yield ScoreItem("other_words", points, words or None)


def _score_kinds(report: Report, opening: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    mine, theirs = report.likely_kinds, opening.likely_kinds
    if evidence.likely_kinds is None or not mine or not theirs:
        return
    points = evidence.likely_kinds(len(mine & theirs) / len(mine | theirs))
    if points > 0:
        yield ScoreItem("likely_kinds", points, " ".join(sorted(mine & theirs)))
    elif points < 0:
        yield ScoreItem("other_kinds", points, " ".join(sorted(theirs)))


def _score_dangers(report: Report, opening: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    if has_other_danger(report, opening):
        named = " ".join(sorted(report.dangers | opening.dangers))
        yield ScoreItem("other_danger", evidence.dangers.other, named)
    elif report.dangers:
        named = " ".join(sorted(report.dangers & opening.dangers))
        yield ScoreItem("same_danger", evidence.dangers.same, named)


def _score_particulars(report: Report, opening: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    same, other = compare_particulars(report.particulars, opening.particulars)
    if _has_other_numbers(report, opening):
        other.append("number")
    assets = frozenset(evidence.assets.answers)
    aspects: Mapping[Aspect, tuple[Collection[str], float]] = {
        "same_asset": (assets.intersection(same), evidence.assets.same),
        "other_asset": (assets.intersection(other), evidence.assets.other),
        "same_detail": (frozenset(same) - assets, evidence.details.same),
        "other_detail": (frozenset(other) - assets, evidence.details.other),
    }
    for aspect, (slots, points) in aspects.items():
        if slots:
            yield ScoreItem(aspect, points, " ".join(sorted(slots)))


def _has_other_numbers(report: Report, opening: Report) -> bool:
    """Return True when both texts have numbers but none in common, or so with long numbers."""
    mine, theirs = (
        {word for word in r.words | r.kind_words if word.isdigit()} for r in (report, opening)
    )
    long_mine, long_theirs = ({n for n in ns if len(n) >= _LONG_NUMBER} for ns in (mine, theirs))
    return any(a and b and a.isdisjoint(b) for a, b in ((mine, theirs), (long_mine, long_theirs)))
