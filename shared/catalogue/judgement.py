"""Assessment of a text: the conditions that it states, and how dangerous it is as a whole.

Intake and triage use this one function, so that the reports which take the express lane are
those that triage finds urgent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from shared.catalogue.jurisdiction import Jurisdiction
from shared.catalogue.service_type import ServiceType
from shared.text_matching import (
    EVIDENCE_GAP,
    TrainedModel,
    condition_facts,
    filter_affirmed,
    fold,
    urgency_head,
)
from shared.vocabulary import PriorityLevel, TextSeverity

if TYPE_CHECKING:
    from shared.text_matching.text_model import TextScore

# Condition of a text that reports an urgent hazard, or worse, as a whole.
URGENT = "sounds_urgent"

ROAD_HAZARD = "road_hazard"  # the one class of danger that is no danger to life
_MOST_URGENT_UNCONFIRMED: PriorityLevel = "P3"
_LEAST_KNOWN = 2  # words; one alone is a greeting or a place
_FEW_WORDS = 8  # in a shorter text a danger that no phrase states must be clear
_CLEAR = 30  # points
_MAX_UNKNOWN = 3  # words for each known feature; an English text has more features than words


def danger_condition(danger: str) -> str:
    """Return the condition of a text that reports a class of danger as a whole."""
    return f"sounds_{danger}"


def predicted_conditions(model: TrainedModel) -> frozenset[str]:
    """Return the conditions that a text model predicts."""
    return (
        frozenset([URGENT, *map(danger_condition, model.dangers)]) if model.version else frozenset()
    )


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
    danger counts only where the whole text has a danger of its class, and a hazard where it is
    urgent. A plain danger or hazard counts by its phrase alone: the model adds, and takes nothing.
    """
    return judge_read(read_text(text, city), city)


def judge_read(read: "TextConditions", city: Jurisdiction) -> TextJudgement:
    """Judge a text whose phrases are found."""
    stated = read.affirmed
    if not city.trained_model.version:
        return TextJudgement(stated, {}, is_urgent=True, is_danger=True)
    predicted, is_urgent = _predictions(read, city)
    plain = read.plain
    dangers = city.danger_classes(plain) | predicted
    is_danger = not dangers <= {ROAD_HAZARD}
    is_urgent = is_urgent or is_danger or bool(plain)
    counted, doubted = dict[str, str](), dict[str, str]()
    for code, words in stated.items():
        if code in plain:
            is_proven = True
        elif code in city.danger_conditions:
            is_proven = is_urgent if city.danger_classes({code}) else is_danger
        else:
            is_proven = is_urgent or code not in city.hazard_conditions
        (counted if is_proven else doubted)[code] = words
    if is_urgent:
        counted.update(_predicted(predicted.difference(city.dangers(counted)), read))
    return TextJudgement(counted, doubted, is_urgent, is_danger)


def _predicted(dangers: Iterable[str], read: "TextConditions") -> Iterator[tuple[str, str]]:
    """Yield the predicted conditions of an urgent text, with their words."""
    score, phrase = read.score, next(iter(read.affirmed.values()), "")
    for danger in sorted(dangers):
        yield danger_condition(danger), score.evidence(danger) or phrase
    if score.urgency is not None:
        yield URGENT, score.evidence(urgency_head(score.urgency.language)) or phrase


class TextConditions(NamedTuple):
    """The words of a text, the conditions that its phrases affirm and deny, and its scores.

    Attributes:
        affirmed: Conditions with the words that state them.
        plain: Of these, the ones that count whatever the model says: plain ones, and dangers
            in a language whose urgency it does not score.
        score: Scores of the text by the city's text model.
    """

    words: Sequence[str]
    affirmed: Mapping[str, str]
    denied: frozenset[str]
    plain: frozenset[str]
    score: "TextScore"


def read_text(text: str, city: Jurisdiction) -> TextConditions:
    """Find the conditions that phrases of a text state, and score its words."""
    folded = fold(text)
    hits = city.phrases.find(folded)
    affirmed: dict[str, str] = {}
    for hit in filter_affirmed(hits, text, folded, city.phrase_roles):
        affirmed.setdefault(hit.code, hit.phrase)
    denied = frozenset([hit.code for hit in hits if hit.code not in affirmed])
    words = folded.split()
    score = city.text_model.score(words, condition_facts(affirmed, denied))
    other = city.dangers_in_other_languages.find(text, folded)
    plain = city.plain_conditions.intersection(affirmed)
    if other.stated:
        dangers = city.danger_conditions | city.hazard_conditions
        plain |= dangers.intersection(other.stated)
    affirmed = {**other.stated, **affirmed}
    return TextConditions(words, affirmed, denied.union(other.denied), plain, score)


def _predictions(read: TextConditions, city: Jurisdiction) -> tuple[frozenset[str], bool]:
    """Return the dangers that the text model predicts, and whether it finds the text urgent.

    A danger all of whose phrases the text denies, supposes or puts into the past is none. A text in
    a third language has too few known words to be scored. A hazard in the road counts in an urgent
    text alone, which the city's alarm budget limits.
    """
    score, urgency = read.score, read.score.urgency
    known = score.known_words
    if not read.affirmed and (known < _LEAST_KNOWN or _MAX_UNKNOWN * known < len(read.words)):
        return frozenset(), False
    is_urgent = urgency is not None and urgency.points >= city.thresholds.get(urgency.language, 1)
    found = score.dangers()
    if not found:
        return frozenset(), is_urgent
    stated, denied = city.danger_classes(read.affirmed), city.danger_classes(read.denied)
    least = 1 if len(read.words) >= _FEW_WORDS else _CLEAR
    dangers = frozenset(
        danger
        for danger, points in found.items()
        if danger in stated or (points >= least and danger not in denied)
    )
    return (dangers if is_urgent else dangers - {ROAD_HAZARD}), is_urgent


class ExplainedScore(NamedTuple):
    """The score of a text for a head: ``least`` is required, ``bias`` is without features."""

    label: str
    points: int
    least: int
    bias: int
    contributions: Sequence[tuple[str, int]]


def explain_scores(text: str, city: Jurisdiction) -> list[ExplainedScore]:
    """Return the scores of a text for dangers and urgency, with the weights of their features."""
    score = read_text(text, city).score
    urgency = score.urgency
    if urgency is None:
        return []
    head = urgency_head(urgency.language)
    heads = {URGENT: (head, city.thresholds.get(urgency.language, 1))} | {
        danger_condition(danger): (score.deciding_head(danger), 1) for danger in score.dangers()
    }
    explained = []
    for label, (name, least) in heads.items():
        points, contributions = score.points(name), score.contributions(name)
        bias = points - sum(weight for _, weight in contributions)
        explained.append(ExplainedScore(label, points, least, bias, contributions))
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
