"""When somebody outside the city must act, why, and whether that leaves the city anything to do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.triage.rules.priority.conditions import MatchedConditions
from shared.catalogue import ExternalAgency, Jurisdiction, LocalText, ServiceType
from shared.catalogue import ReferralRule as Named


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody outside the city must act, in words for the resident."""

    code: str
    text: LocalText


@dataclass(frozen=True, slots=True)
class Referral:
    """Who outside the city must act.

    Attributes:
        instead: Whether the city has no part in it, so that there is no case.
        why: The reason, where the catalogue gives one.
    """

    agency: ExternalAgency
    instead: bool
    why: Why | None = None


def referral_for(
    jurisdiction: Jurisdiction,
    service: ServiceType,
    municipality: str | None,
    met: MatchedConditions,
) -> Referral | None:
    """Return who outside must act, or None when it is the city's alone.

    What lies with a neighbour goes to the neighbour, unless the kind is about no place. Otherwise
    the kind says who acts: beside the city where a bureau of the city leads, else instead of it.
    Where the report lies on ground of somebody else the owner comes before whom the kind names
    without condition. A municipality that the city does not know as a neighbour counts as the
    city's own ground, so that no report falls between two.

    Args:
        jurisdiction: The city.
        service: Kind of the report.
        municipality: On whose ground it lies; None when that cannot be told.
        met: Conditions that the report states.
    """
    neighbour = jurisdiction.neighbours.get(municipality) if municipality else None
    if neighbour is not None and service.needs.location:
        return Referral(neighbour, instead=True, why=_why(jurisdiction, neighbour.reason))
    known = {*met, *service.implies}
    found = _most_pressing(service.referrals_for(known), _owner(jurisdiction, service, known))
    if found is None:
        return None
    agency = jurisdiction.agencies[found.agency]
    why = _why(jurisdiction, found.reason or agency.reason)
    return Referral(agency, instead=service.city_lead is None, why=why)


def _owner(jurisdiction: Jurisdiction, service: ServiceType, met: Collection[str]) -> Named | None:
    for owner in jurisdiction.owners:
        if service.code in owner.kinds and not owner.when.isdisjoint(met):
            return Named(owner.agency, reason=owner.reason)
    return None


def _most_pressing(named: Sequence[Named], owner: Named | None) -> Named | None:
    first = next(iter(named), None)
    if first is not None and first.when is not None:
        return first
    return owner or first


def _why(jurisdiction: Jurisdiction, code: str | None) -> Why | None:
    text = jurisdiction.referral_reasons.get(code or "")
    return Why(code, text) if code and text else None
