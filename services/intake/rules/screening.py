"""Which requests may be urgent hazards, seen before anybody has decided anything."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.catalogue import Jurisdiction, ServiceType, conditions_by_field, trigger_conditions

_MOST_URGENT = "P1"


@dataclass(frozen=True, slots=True)
class Screening:
    """What a first look at a report shows.

    Attributes:
        express: Whether it may be an urgent hazard.
        emergency: Code of the danger to life that it tells of; None for none.
    """

    express: bool
    emergency: str | None


class HazardScreen:
    """Looks for the hazards of one city.

    It does not understand "no": a report that denies a hazard goes the fast way in vain, which
    costs less than a hazard that waits.
    """

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._jurisdiction = jurisdiction
        self._stated_by = conditions_by_field(jurisdiction.conditions.values())
        self._telling = trigger_conditions(jurisdiction.emergencies)

    def screen(self, service: ServiceType, folded: str, answers: Mapping[str, object]) -> Screening:
        """Return what a report of this kind shows by its words and answers.

        Args:
            service: Kind of the report.
            folded: Its words, as ``shared.text_matching.fold`` makes them.
            answers: By field.
        """
        met = {hit.code for hit in self._jurisdiction.phrases.find(folded)}
        met.update(self._jurisdiction.text_model.score(folded).stated(), service.implies)
        for field in answers.keys() & self._stated_by.keys():
            met.update(c.code for c in self._stated_by[field] if c.answered_by(answers))
        emergency = self._emergency(service, met)
        is_hazard = service.is_hazard(met) or self._jurisdiction.hazard(met) is not None
        urgent = service.priority == _MOST_URGENT or is_hazard
        return Screening(express=urgent or emergency is not None, emergency=emergency)

    def _emergency(self, service: ServiceType, met: Collection[str]) -> str | None:
        tells = not self._telling.isdisjoint(met) or service.needs_911_for(met)
        if service.emergency is None and not tells:
            return None
        found = self._jurisdiction.emergency(service, met)
        return found[0] if found else None
