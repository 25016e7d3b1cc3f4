"""Service types: the kinds of request of a city, with their rules and responsibilities."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal, Self

from shared.catalogue.texts import LocalText, Phrases
from shared.vocabulary import PriorityLevel

Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
HazardMode = Literal["always", "never", "if"]

AGENCY_911 = "EXT-911"  # the agency that residents call when a life is in danger

AGENCY_PREFIX = "EXT-"  # prefix of the codes of agencies outside the city

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly opening hours in local time.

    Attributes:
        always: Open around the clock, holidays included; ``week`` is then empty.
        week: Opening and closing time of each day from Monday on; None on closed days.
    """

    always: bool
    week: tuple[tuple[time, time] | None, ...]

    @classmethod
    def around_the_clock(cls) -> Self:
        """Return hours that never close."""
        return cls(always=True, week=())


@dataclass(frozen=True, slots=True)
class InformRule:
    """A bureau that is informed of the case; ``when`` is its condition, None for always."""

    bureau: str
    when: str | None = None


@dataclass(frozen=True, slots=True)
class ReferralRule:
    """An agency outside the city that must act as well as the city, or instead of it.

    Attributes:
        reason: Code of the reason; None for the agency's default reason.
    """

    agency: str
    when: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Dedup:
    """Limits within which two reports can be duplicates.

    Attributes:
        group: Service types of one group can describe the same problem.
        window: Maximum time between the reports, inclusive; zero disables deduplication.
        radius_m: Maximum distance in metres; zero where the location does not identify a problem.
    """

    group: str
    window: timedelta
    radius_m: float


@dataclass(frozen=True, slots=True)
class Needs:
    """Parts of a submission that are required.

    Attributes:
        welcome: The optional parts among ``contact``, ``description``, ``photo`` and ``address``
            that help.
    """

    location: bool
    contact: bool
    description: bool
    photo: bool
    welcome: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AlternativeKind:
    """Another kind that fits better when ``when`` is met and no condition of ``unless`` is."""

    kind: str
    when: str
    unless: frozenset[str]


@dataclass(frozen=True, slots=True)
class Guess:
    """The kind that a text is guessed to be instead of another.

    It counts where the text states a condition of ``when``, if there are any, and mentions none of
    ``unless``, not even to deny it: "I cannot pass with my walker" tells of a walker.
    """

    kind: str
    when: frozenset[str]
    unless: frozenset[str]

    def fits(self, stated: Collection[str], denied: Collection[str]) -> bool:
        """Return True when a text with these conditions is of this kind."""
        is_met = not self.when or not self.when.isdisjoint(stated)
        return is_met and self.unless.isdisjoint(stated) and self.unless.isdisjoint(denied)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question of a service type, with the Open311 GeoReport v2 fields of attributes."""

    code: str
    datatype: Datatype
    required: bool
    name: LocalText
    values: tuple[tuple[str, LocalText], ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Sources of an entry's facts; facts that ``sourced`` does not name are assumptions."""

    urls: tuple[str, ...]
    sourced: str


@dataclass(frozen=True, slots=True)
class ServiceType:
    """One kind of request.

    Attributes:
        code: Open311 ``service_code``.
        name: Open311 ``service_name``.
        group: Heading under which lists show the kind.
        keywords: Patterns from the city's own table.
        extra_keywords: Patterns that we added to them.
        target_hours: Hours until the problem is solved or, with an outside lead, until the agency
            has it.
        hazard: Whether a report is an urgent hazard; ``if`` when one of ``hazard_conditions`` is
            met.
        implies: Conditions that every report of this kind meets.
        harmless: Conditions that lower the priority.
        alternatives: Kinds that may fit better, the strongest first.
        guess: The kind that a text without a chosen kind is of instead; None for none.
        emergency: Emergency that every report of this kind is; None for most.
        lead: Bureau, or agency outside the city, that owns the problem.
        hazard_lead: Bureau that makes a hazard safe where the city has no other part.
        referrals: Agencies outside the city, the most pressing first.
        private: A report reveals a person's need: no list shows it, and its status page no house
            number.
    """

    code: str
    name: LocalText
    group: LocalText
    keywords: Phrases
    extra_keywords: Phrases
    priority: PriorityLevel
    target_hours: float
    dedup: Dedup
    hazard: HazardMode
    hazard_conditions: tuple[str, ...]
    implies: tuple[str, ...]
    harmless: tuple[str, ...]
    alternatives: tuple[AlternativeKind, ...]
    guess: Guess | None
    emergency: str | None
    lead: str
    hazard_lead: str | None
    informed: tuple[InformRule, ...]
    notes: tuple[str, ...]
    referrals: tuple[ReferralRule, ...]
    needs: Needs
    attributes: tuple[Attribute, ...]
    private: bool
    source: Provenance

    @property
    def is_outside(self) -> bool:
        """True when the lead is an agency outside the city."""
        return self.lead.startswith(AGENCY_PREFIX)

    @property
    def city_lead(self) -> str | None:
        """Bureau that leads the city's part; None when the city has no part in it.

        With a lead outside the city it is the first bureau that is always informed.
        """
        if not self.is_outside:
            return self.lead
        return next((i.bureau for i in self.informed if i.when is None), None)

    def is_hazard(self, met: Collection[str]) -> bool:
        """Return True when a report that meets these conditions is an urgent hazard."""
        return self.hazard == "always" or any(c in met for c in self.hazard_conditions)

    def needs_911_for(self, met: Collection[str]) -> tuple[str, ...]:
        """Return the conditions met for which the kind refers residents to 911."""
        triggers = (r.when for r in self.referrals if r.agency == AGENCY_911)
        return tuple(when for when in triggers if when is not None and when in met)

    def referrals_for(self, met: Collection[str]) -> tuple[ReferralRule, ...]:
        """Return the referrals that apply, one per agency, the most pressing first."""
        by_agency: dict[str, ReferralRule] = {}
        for referral in self.referrals:
            if referral.when is None or referral.when in met:
                by_agency.setdefault(referral.agency, referral)
        if self.is_outside and not by_agency:
            return (ReferralRule(self.lead),)
        return tuple(by_agency.values())
