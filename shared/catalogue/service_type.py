"""What one kind of request is: its words, its rules and who answers for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shared.catalogue.local_text import LocalText
from shared.catalogue.routing import (
    FOR_LIFE_IN_DANGER,
    OUTSIDE_PREFIX,
    AfterHours,
    Informed,
    Referral,
)
from shared.vocabulary import PriorityLevel

Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
Hazard = Literal["always", "never", "if"]


@dataclass(frozen=True, slots=True)
class Keywords:
    """Words by which people name a kind, in their own spelling."""

    en: tuple[str, ...]
    es: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dedup:
    """When two reports can be the same problem.

    Attributes:
        group: Kinds of one group can describe the same problem.
        window: Longest time apart, both ends included; zero means never the same problem.
        radius_m: Longest distance apart in metres; zero where a place says nothing.
    """

    group: str
    window: timedelta
    radius_m: float


@dataclass(frozen=True, slots=True)
class Needs:
    """What a report of this kind must say.

    Attributes:
        location: A point or an address.
        contact: How the bureau reaches the reporter.
        description: The reporter's own words.
        photo: A picture, on forms that can take one.
        welcome: Which of ``contact``, ``description``, ``photo`` and ``address`` help though
            nobody insists on them.
    """

    location: bool
    contact: bool
    description: bool
    photo: bool
    welcome: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Meant:
    """Another kind that a report is about when it meets ``when`` and nothing of ``unless``."""

    kind: str
    when: str
    unless: frozenset[str]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One question of a kind, as Open311 GeoReport v2 describes attributes."""

    code: str
    datatype: Datatype
    required: bool
    name: LocalText
    values: tuple[tuple[str, LocalText], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the facts of a kind come from; what ``sourced`` does not name is assumed."""

    urls: tuple[str, ...]
    sourced: str


@dataclass(frozen=True, slots=True)
class ServiceType:
    """One kind of request.

    Attributes:
        code: Open311 ``service_code``.
        group: Heading under which a list shows the kind.
        keywords: Words of the city's own table.
        also_said: More words by which people name the kind.
        target_hours: Hours until the problem is solved or, with an outside lead, handed over.
        hazard: Whether a report is an urgent hazard; ``if`` when any of ``hazard_conditions`` is.
        implies: Conditions that every report of this kind meets by what it is.
        harmless: Conditions that describe a case that can hurt nobody.
        meant: What a report may be about instead of this kind, the most telling first.
        emergency: Emergency that every report of this kind is; None for all but a few.
        lead: Bureau, or agency outside the city, that owns the problem.
        notes: Words for the work order that name nobody with a code.
    """

    code: str
    name: LocalText
    group: LocalText
    keywords: Keywords
    also_said: Keywords
    priority: PriorityLevel
    target_hours: float
    dedup: Dedup
    hazard: Hazard
    hazard_conditions: tuple[str, ...]
    implies: tuple[str, ...]
    harmless: tuple[str, ...]
    meant: tuple[Meant, ...]
    emergency: str | None
    lead: str
    informed: tuple[Informed, ...]
    notes: tuple[str, ...]
    referrals: tuple[Referral, ...]
    after_hours: AfterHours
    needs: Needs
    attributes: tuple[Attribute, ...]
    source: Source

    @property
    def is_outside(self) -> bool:
        """Whether the lead is no bureau of the city."""
        return self.lead.startswith(OUTSIDE_PREFIX)

    @property
    def city_lead(self) -> str | None:
        """Bureau that leads the city's part; None when the city has no part in it.

        With a lead outside the city it is the first bureau informed without condition.
        """
        if not self.is_outside:
            return self.lead
        return next((i.bureau for i in self.informed if i.when is None), None)

    def is_hazard(self, met: Collection[str]) -> bool:
        """Whether a report that meets these conditions is an urgent hazard."""
        return self.hazard == "always" or any(c in met for c in self.hazard_conditions)

    def needs_911_for(self, met: Collection[str]) -> tuple[str, ...]:
        """Return those conditions met for which the kind sends people to 911."""
        called = (r.when for r in self.referrals if r.agency == FOR_LIFE_IN_DANGER)
        return tuple(when for when in called if when is not None and when in met)

    def informed_bureaus(self, met: Collection[str]) -> tuple[str, ...]:
        """Return the bureaus to inform, each once, without the one that leads."""
        named = dict.fromkeys(i.bureau for i in self.informed if i.when is None or i.when in met)
        return tuple(bureau for bureau in named if bureau != self.city_lead)

    def referred_to(self, met: Collection[str]) -> tuple[Referral, ...]:
        """Return the agencies outside the city that must act, each once, most pressing first."""
        named: dict[str, Referral] = {}
        for referral in self.referrals:
            if referral.when is None or referral.when in met:
                named.setdefault(referral.agency, referral)
        if self.is_outside and not named:
            return (Referral(self.lead),)
        return tuple(named.values())
