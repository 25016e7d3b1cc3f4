"""Facts about a problem that change what happens with its report."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shared.catalogue.local_text import LocalText
from shared.text_matching import FeatureWeights, fold

YES = "yes"
WORDS_FOR_YES = frozenset({"yes", "y", "true", "1", "si"})


@dataclass(frozen=True, slots=True)
class Phrases:
    """Wordings in the notation of ``shared.text_matching.notation``, per language."""

    en: tuple[str, ...]
    es: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact that a report may state by its answers or by its words.

    Attributes:
        code: Its name in the catalogue and in a decision's reasons.
        name: What it says, for people.
        attributes: Per field the answers that state it. ``yes`` stands for every way to say yes.
        phrases: Wordings that state it.
        exceptions: Wordings that only look like it; a phrase inside one does not count.
        hints: Words that state it together, one for each language that has some.
        ends: Whether it says that what was said before it is so no longer.
        lasts: Whether no such end takes it back: a person who is hurt is hurt still.
        past: Whether it says that what is told with it was long ago.
        supposes: Whether its sentence speaks of such things and tells of none.
        event: Whether it happens and is over; a hole of last year is still a hole.
    """

    code: str
    name: LocalText
    attributes: Mapping[str, frozenset[str]]
    phrases: Phrases
    exceptions: Phrases
    hints: tuple[FeatureWeights, ...] = ()
    ends: bool = False
    lasts: bool = False
    past: bool = False
    supposes: bool = False
    event: bool = False

    def answered_by(self, answers: Mapping[str, object]) -> str | None:
        """Return the field whose answer states the condition; None when no answer does."""
        for field, values in self.attributes.items():
            if field in answers and any(_states(a, values) for a in _each(answers[field])):
                return field
        return None


def by_field(conditions: Iterable[Condition]) -> Mapping[str, Sequence[Condition]]:
    """Return for each field of a report the conditions that an answer to it may state."""
    stated_by: defaultdict[str, list[Condition]] = defaultdict(list)
    for condition in conditions:
        for field in condition.attributes:
            stated_by[field].append(condition)
    return MappingProxyType(dict(stated_by))


@dataclass(frozen=True, slots=True)
class HazardRule:
    """What cannot wait: a danger to life, or a hazard of whatever kind the report is.

    It is there when all of ``all_of`` and, where ``any_of`` names some, one of those are met.
    """

    code: str
    name: LocalText
    all_of: tuple[str, ...]
    any_of: tuple[str, ...]

    @property
    def telling(self) -> tuple[str, ...]:
        """The conditions of which one must be met."""
        return self.any_of or self.all_of

    def evidence(self, met: frozenset[str]) -> tuple[str, ...]:
        """Return the conditions that bring it about, most telling first; empty is none."""
        if not met.issuperset(self.all_of):
            return ()
        if self.any_of and met.isdisjoint(self.any_of):
            return ()
        return *(condition for condition in self.any_of if condition in met), *self.all_of


def telling(perils: Iterable[HazardRule]) -> frozenset[str]:
    """Return every condition by which one of the perils is told."""
    return frozenset(condition for peril in perils for condition in peril.telling)


def _each(answer: object) -> Sequence[object]:
    return answer if isinstance(answer, list | tuple) else (answer,)


def _states(answer: object, values: frozenset[str]) -> bool:
    said = fold(str(answer))
    return said in values or (YES in values and said in WORDS_FOR_YES)
