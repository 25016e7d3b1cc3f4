"""Conditions: facts about a problem that reports state, and the hazard rules made of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shared.catalogue.texts import LocalText, Phrases
from shared.text_matching import fold
from shared.vocabulary import DangerClass

YES = "yes"
_WORDS_FOR_YES = frozenset({"yes", "y", "true", "1", "si"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact that a report may state by an attribute or in its text.

    Attributes:
        attributes: By attribute, the values that state it; ``yes`` stands for every spelling of
            yes.
        exceptions: Patterns that only look like it; a phrase that overlaps one does not count.
        retracts: It negates earlier statements ("they moved it").
        persists: Retractions leave it valid: an injured person is still injured.
        past: Its clause is about long ago.
        hypothetical: Its sentence is a question or a supposition.
        event: It ends by itself; only events are cancelled by ``past`` and ``hypothetical``. A
            hole of last year is still a hole.
        plain: Its phrases state a danger whatever the rest of the text contains.
    """

    code: str
    name: LocalText
    attributes: Mapping[str, frozenset[str]]
    phrases: Phrases
    exceptions: Phrases
    retracts: bool = False
    persists: bool = False
    past: bool = False
    hypothetical: bool = False
    event: bool = False
    plain: bool = False

    def answered_by(self, answers: Mapping[str, object]) -> str | None:
        """Return the attribute whose value states the condition, or None."""
        for field, values in self.attributes.items():
            if field in answers and any(_states(a, values) for a in _each(answers[field])):
                return field
        return None


def conditions_by_field(conditions: Iterable[Condition]) -> Mapping[str, Sequence[Condition]]:
    """Return by attribute the conditions that its values may state."""
    by_field: defaultdict[str, list[Condition]] = defaultdict(list)
    for condition in conditions:
        for field in condition.attributes:
            by_field[field].append(condition)
    return MappingProxyType(dict(by_field))


@dataclass(frozen=True, slots=True)
class HazardRule:
    """An emergency, or a hazard that is urgent in a report of every kind.

    It matches when all conditions of ``all_of`` and, where ``any_of`` is not empty, at least one
    of ``any_of`` are met.

    Attributes:
        danger: Class of the danger; None for a hazard of no class.
    """

    code: str
    name: LocalText
    danger: DangerClass | None
    all_of: tuple[str, ...]
    any_of: tuple[str, ...]

    @property
    def triggers(self) -> tuple[str, ...]:
        """The conditions that distinguish it: ``any_of`` where given, else ``all_of``."""
        return self.any_of or self.all_of

    def evidence(self, met: frozenset[str]) -> tuple[str, ...]:
        """Return the conditions by which it matches, the strongest first; empty for no match."""
        if not met.issuperset(self.all_of):
            return ()
        if self.any_of and met.isdisjoint(self.any_of):
            return ()
        return *(condition for condition in self.any_of if condition in met), *self.all_of


def trigger_conditions(rules: Iterable[HazardRule]) -> frozenset[str]:
    """Return the triggers of all rules."""
    return frozenset(condition for rule in rules for condition in rule.triggers)


def _each(answer: object) -> Sequence[object]:
    return answer if isinstance(answer, list | tuple) else (answer,)


def _states(answer: object, values: frozenset[str]) -> bool:
    folded = fold(str(answer))
    return folded in values or (YES in values and folded in _WORDS_FOR_YES)
