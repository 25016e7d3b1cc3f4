"""Assessment of a text: the conditions that it states, and how dangerous it is as a whole.

Intake and triage use this one function, so that the reports which take the express lane are
those that triage finds urgent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from shared.catalogue.jurisdiction import Jurisdiction
from shared.catalogue.service_type import ServiceType
from shared.text_matching import EVIDENCE_GAP, condition_facts, filter_affirmed, fold
from shared.vocabulary import PriorityLevel, TextSeverity

# Condition of a text that reports an urgent hazard, or worse, as a whole.
URGENT = "sounds_urgent"

DANGER = "sounds_dangerous"  # condition of a text that reports a danger to life as a whole

_MOST_URGENT_UNCONFIRMED: PriorityLevel = "P3"
_MAX_UNKNOWN = 3  # words for each known feature; an English text has more features than words
_CLEAR = 5  # points above the threshold


class TextJudgement(NamedTuple):
    """Result of the assessment.

    Attributes:
        conditions: Conditions that count, each with its words, or with the code of the attribute
            that states it.
        doubted: Conditions that a phrase states and the text as a whole does not support.
        is_urgent: The text by itself reports an urgent hazard or worse. True where the city has no
            text model: nothing contradicts a phrase there.
        is_danger: The same for a danger to life.
    """

    conditions: Mapping[str, str]
    doubted: Mapping[str, str]
    is_urgent: bool
    is_danger: bool


def judge_text(text: str, city: Jurisdiction) -> TextJudgement:
    """Judge a text by phrases and text model.

    The model weighs all words, together with the conditions that phrases state and deny. A
    condition that would raise the report counts only where the whole text reaches the label of
    its severity. A plain danger or hazard counts by its phrase alone.
    """
    return judge_read(read_text(text, city), city)


def judge_read(read: "TextConditions", city: Jurisdiction) -> TextJudgement:
    """Judge a text whose phrases are found."""
    stated = read.affirmed
    if not city.trained_model.weights:
        return TextJudgement(stated, {}, is_urgent=True, is_danger=True)
    reached = _reached(read, city)
    plain = city.plain_conditions.intersection(stated)
    is_danger = not plain.isdisjoint(city.danger_conditions) or DANGER in reached
    is_urgent = is_danger or bool(plain or reached)
    unproven = () if is_danger else city.danger_conditions
    unproven_hazards = () if is_urgent else city.hazard_conditions
    counted, doubted = dict[str, str](), dict[str, str]()
    for code, words in stated.items():
        is_doubted = code in unproven or code in unproven_hazards
        (doubted if is_doubted else counted)[code] = words
    counted.update(reached)
    return TextJudgement(counted, doubted, is_urgent, is_danger)


class TextConditions(NamedTuple):
    """The words of a text and the conditions that its phrases affirm, with evidence, and deny."""

    words: Sequence[str]
    affirmed: Mapping[str, str]
    denied: frozenset[str]

    def facts(self) -> list[str]:
        """Return the features of the conditions."""
        return condition_facts(self.affirmed, self.denied)


def read_text(text: str, city: Jurisdiction) -> TextConditions:
    """Find the conditions that phrases of a text state."""
    folded = fold(text)
    hits = city.phrases.find(folded)
    affirmed: dict[str, str] = {}
    for hit in filter_affirmed(hits, text, folded, city.phrase_roles):
        affirmed.setdefault(hit.code, hit.phrase)
    denied = frozenset([hit.code for hit in hits if hit.code not in affirmed])
    return TextConditions(folded.split(), affirmed, denied)


def _reached(read: TextConditions, city: Jurisdiction) -> Mapping[str, str]:
    """Return the labels that a text reaches, with their words.

    A danger in a text that is not urgent as well must be clear. A text in a third language has
    too few known words to be scored.
    """
    score = city.text_model.score(read.words, read.facts())
    margins = {
        found: found.points - city.thresholds.get((found.label, found.language), 1)
        for found in score.labels()
        if read.affirmed or _MAX_UNKNOWN * found.known >= len(read.words) > 0
    }
    above = {found: margin for found, margin in margins.items() if margin >= 0}
    is_urgent = any(found.label == URGENT for found in above)
    phrase = next(iter(read.affirmed.values()), "")
    return {
        found.label: score.evidence(found) or phrase
        for found, margin in above.items()
        if is_urgent or found.label != DANGER or margin >= _CLEAR
    }


class ExplainedScore(NamedTuple):
    """The score of a text for a label: ``least`` is required, ``bias`` is without features."""

    label: str
    points: int
    least: int
    bias: int
    contributions: Sequence[tuple[str, int]]


def explain_scores(text: str, city: Jurisdiction) -> list[ExplainedScore]:
    """Return the scores of a text by the city's model, with the weights of their features."""
    read = read_text(text, city)
    score = city.text_model.score(read.words, read.facts())
    explained = []
    for found in score.labels():
        contributions = score.contributions(found)
        bias = found.points - sum(weight for _, weight in contributions)
        least = city.thresholds.get((found.label, found.language), 1)
        explained.append(ExplainedScore(found.label, found.points, least, bias, contributions))
    return explained


def confirmed_kind(service: ServiceType, judgement: TextJudgement) -> ServiceType:
    """Return a kind that was derived from the text, at most as urgent as the text itself.

    A wrong guess of the kind must not send a crew out at night: any report about snow would be
    urgent. The answers to the questions of the kind still count.
    """
    if judgement.is_danger:
        return service
    if judgement.is_urgent:
        return service if service.emergency is None else replace(service, emergency=None)
    is_mild = service.priority >= _MOST_URGENT_UNCONFIRMED and not service.implies
    if is_mild and service.hazard != "always" and service.emergency is None:
        return service
    return replace(
        service,
        priority=max(service.priority, _MOST_URGENT_UNCONFIRMED),
        hazard="if" if service.hazard == "always" else service.hazard,
        implies=(),
        emergency=None,
    )


# Start and end of each run of words in the folded text, in characters.
Positions: TypeAlias = tuple[tuple[int, int], ...]


class LocatedJudgement(NamedTuple):
    """A ``TextJudgement`` without words."""

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
