"""What makes a report urgent though hazards of its kind are others, or none."""

from dataclasses import dataclass

from services.triage.rules.priority.conditions import Met
from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.service_type import Priority

_LEAST_URGENT: Priority = "P2"


@dataclass(frozen=True, slots=True)
class PlainHazard:
    """A hazard that is one under any kind, and the words or the answer that say so."""

    code: str
    evidence: str


def plain_hazard_in(city: Jurisdiction, service: ServiceType, met: Met) -> PlainHazard | None:
    """Return the hazard that a report plainly tells of under a kind that knows none like it.

    People choose a wrong kind, or none: a fallen stop sign is urgent as a question too. A kind that
    is urgent by itself, or that meets a hazard condition of its own, needs no other hazard.

    Args:
        city: Whose hazards they are.
        service: Kind of the report.
        met: Conditions that the report states.
    """
    if not met or service.priority <= _LEAST_URGENT or service.is_hazard(met):
        return None
    found = city.hazard(met)
    if found is None:
        return None
    code, conditions = found
    return PlainHazard(code, met[conditions[0]])
