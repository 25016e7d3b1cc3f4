"""Hazard screening: the choice of the express lane before triage decides."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.judgement import ReportReader, TextConditions, confirmed_kind, judge_read

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
    """Screens reports for the hazards of one city, by the same judgement as triage."""

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._jurisdiction = jurisdiction
        self._reader = ReportReader(jurisdiction)

    def screen(
        self,
        service: ServiceType,
        text: str,
        attributes: Mapping[str, object],
        *,
        is_classified: bool = False,
        read: TextConditions | None = None,
    ) -> Screening:
        """Return the screening of a report.

        Args:
            service: Kind of the report.
            text: Its free text.
            attributes: Answers to the questions of the kind, by field.
            is_classified: Whether the kind was derived from the text.
            read: The conditions of the text, where they are found already.
        """
        if read is not None and not attributes:
            judgement = judge_read(read, self._jurisdiction)
        else:
            judgement = self._reader.read(service, text, attributes)
        kind = confirmed_kind(service, judgement) if is_classified else service
        met = {*judgement.conditions, *kind.implies}
        found = self._jurisdiction.emergency(kind, met)
        is_hazard = kind.is_hazard(met) or self._jurisdiction.hazard(met) is not None
        is_urgent = kind.priority == _MOST_URGENT or is_hazard or found is not None
        return Screening(express=is_urgent, emergency=found[0] if found else None)
