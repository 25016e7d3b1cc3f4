"""When somebody outside the city must act, and whether that leaves the city anything to do."""

from dataclasses import dataclass

from services.triage.rules.priority.conditions import Met
from shared.catalogue import Agency, Jurisdiction, ServiceType


@dataclass(frozen=True, slots=True)
class Referral:
    """Who outside the city must act.

    Attributes:
        instead: Whether the city has no part in it, so that there is no case.
    """

    agency: Agency
    instead: bool


def refer(
    jurisdiction: Jurisdiction, service: ServiceType, municipality: str | None, met: Met
) -> Referral | None:
    """Return who outside must act, or None when it is the city's alone.

    What lies with a neighbour goes to the neighbour, unless the kind is about no place. Otherwise
    the kind says who acts: beside the city where a bureau of the city leads, else instead of it.
    A municipality that the city does not know as a neighbour counts as the city's own ground, so
    that no report falls between two.

    Args:
        jurisdiction: The city.
        service: Kind of the report.
        municipality: On whose ground it lies; None when that cannot be told.
        met: Conditions that the report states.
    """
    neighbour = jurisdiction.neighbours.get(municipality) if municipality else None
    if neighbour is not None and service.needs.location:
        return Referral(neighbour, instead=True)
    agencies = service.referred_to({*met, *service.implies})
    if not agencies:
        return None
    return Referral(jurisdiction.agencies[agencies[0]], instead=service.city_lead is None)
