"""When a report tells of a danger to life."""

from services.triage.rules.priority.conditions import Met
from services.triage.rules.priority.urgency import Danger
from shared.catalogue import Jurisdiction, ServiceType


def danger_in(jurisdiction: Jurisdiction, service: ServiceType, met: Met) -> Danger | None:
    """Return the danger to life that a report tells of, whatever else becomes of the report.

    Its evidence is the most telling of what the report says, or the kind where that is enough.
    """
    if not (met or service.implies or service.emergency):
        return None
    found = jurisdiction.emergency(service, met)
    if found is None:
        return None
    code, conditions = found
    evidence = next((met[c] for c in conditions if c in met), service.code)
    return Danger(code, evidence)
