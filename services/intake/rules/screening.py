"""Hazard screening: the choice of the express lane before triage decides."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.catalogue import Jurisdiction, ServiceType, conditions_by_field, trigger_conditions

_MOST_URGENT = "P1"


@dataclass(frozen=True, slots=True)
class Screening:
    """The result of screening one report.

    Attributes:
        express: True when the report may describe an urgent hazard.
        emergency: Code of the danger to life that the report describes, or None.
    """

    express: bool
    emergency: str | None


class HazardScreen:
    """Screens reports for the hazards of one city.

    It ignores negation: a report that denies a hazard takes the express lane in vain, which costs
    less than a hazard that waits.
    """

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._jurisdiction = jurisdiction
        self._conditions_by_field = conditions_by_field(jurisdiction.conditions.values())
        self._emergency_conditions = trigger_conditions(jurisdiction.emergencies)

    def screen(
        self, service: ServiceType, folded: str, attributes: Mapping[str, object]
    ) -> Screening:
        """Return the screening of a report.

        Args:
            service: Kind of the report.
            folded: Its free text, folded by ``shared.text_matching.fold``.
            attributes: Answers to the questions of the kind, by field.
        """
        met = {hit.code for hit in self._jurisdiction.phrases.find(folded)}
        met.update(self._jurisdiction.text_model.score(folded).stated(), service.implies)
        for field in attributes.keys() & self._conditions_by_field.keys():
            conditions = self._conditions_by_field[field]
            met.update(c.code for c in conditions if c.answered_by(attributes))
        emergency = self._emergency(service, met)
        is_hazard = service.is_hazard(met) or self._jurisdiction.hazard(met) is not None
        is_urgent = service.priority == _MOST_URGENT or is_hazard
        return Screening(express=is_urgent or emergency is not None, emergency=emergency)

    def _emergency(self, service: ServiceType, met: Collection[str]) -> str | None:
        may_be_emergency = (
            service.emergency is not None
            or not self._emergency_conditions.isdisjoint(met)
            or service.needs_911_for(met)
        )
        found = self._jurisdiction.emergency(service, met) if may_be_emergency else None
        return found[0] if found else None
