"""What shows that a report is less urgent than its kind."""

from dataclasses import dataclass

from services.triage.rules.priority.conditions import Met
from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.service_type import Priority

_MOST_URGENT_HARMLESS: Priority = "P3"


@dataclass(frozen=True, slots=True)
class Lowering:
    """Why a report is less urgent than its kind, and the level that it has at most."""

    code: str
    level: Priority
    evidence: str


def lowering_of(city: Jurisdiction, service: ServiceType, met: Met) -> Lowering | None:
    """Return what makes a report less urgent than its kind, or None.

    A report that meets a hazard condition of its kind is lowered by nothing. Else a harmless case
    is at most P3. A kind that is always a hazard is lowered only where the report shows that it is
    about another kind, and then to that kind's level, which is at most P3 too.

    Args:
        city: Whose kinds they are.
        service: Kind of the report.
        met: Conditions that the report states.
    """
    if any(code in met for code in service.hazard_conditions):
        return None
    for meant in service.meant:
        if meant.when in met and meant.unless.isdisjoint(met):
            level = max(city.services[meant.kind].priority, _MOST_URGENT_HARMLESS)
            return Lowering(f"meant_{meant.kind.lower().replace('-', '_')}", level, met[meant.when])
    for code in service.harmless:
        if code in met:
            return Lowering(code, _MOST_URGENT_HARMLESS, met[code])
    return None
