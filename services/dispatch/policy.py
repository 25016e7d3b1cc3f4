"""Dispatch's policy: the catalogue, with calendars and topics derived from it once at start."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from services.dispatch.rules.business_time import BusinessCalendar
from services.dispatch.rules.case import Case
from services.dispatch.rules.deadlines import DeadlinePolicy
from shared.catalogue import Catalogue, Jurisdiction, ServiceType
from shared.contract.topics import bureau_updates
from shared.errors import PermanentError
from shared.redaction import Redactor

_ANYWHERE = Redactor("ZZ")


class NotInCatalogueError(PermanentError):
    """A decision or case names a jurisdiction or a kind that the catalogue does not have."""

    code = "not_in_catalogue"


class NoBureauError(PermanentError):
    """A decision opens a case of a kind that no bureau of the city works on."""

    code = "no_bureau"


@dataclass(frozen=True, slots=True)
class DispatchPolicy:
    """Facts that routing, deadlines and validation depend on.

    Attributes:
        catalogue: All jurisdictions.
        calendars: Business time by the id of the jurisdiction.
        bureau_by_topic: Code of the bureau that writes to a topic of updates, by topic name.
        redactors: Redaction of notes by the id of the jurisdiction.
    """

    catalogue: Catalogue
    calendars: Mapping[str, BusinessCalendar]
    bureau_by_topic: Mapping[str, str]
    redactors: Mapping[str, Redactor]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Return the policy of a catalogue."""
        jurisdictions = catalogue.jurisdictions.values()
        return cls(
            catalogue,
            {j.id: _calendar(j) for j in jurisdictions},
            {bureau_updates(code).name: code for j in jurisdictions for code in j.bureaus},
            {j.id: Redactor.of(j) for j in jurisdictions},
        )

    def kind(self, jurisdiction_id: str, service_code: str) -> tuple[Jurisdiction, ServiceType]:
        """Return a kind of request and its jurisdiction.

        Raises:
            NotInCatalogueError: There is no such jurisdiction, or it has no such kind.
        """
        jurisdiction = self.catalogue.jurisdictions.get(jurisdiction_id)
        if jurisdiction is None:
            raise NotInCatalogueError("jurisdiction: not in the catalogue")
        kind = jurisdiction.services.get(service_code)
        if kind is None:
            raise NotInCatalogueError("service_code: not in the catalogue of its jurisdiction")
        return jurisdiction, kind

    def is_open_at(self, jurisdiction: Jurisdiction, now: datetime) -> Callable[[str], bool]:
        """Return a predicate: True for the code of a bureau that can be reached at ``now``."""
        calendar = self.calendars[jurisdiction.id]
        return lambda bureau: calendar.is_open(jurisdiction.bureaus[bureau].hours, now)

    def deadline_policy(
        self, jurisdiction: Jurisdiction, kind: ServiceType, since: datetime
    ) -> DeadlinePolicy:
        """Return the deadline policy of a kind.

        Args:
            jurisdiction: The city, for its business time.
            kind: The kind, for its target and base level.
            since: Start of the clock.
        """
        return DeadlinePolicy(
            self.calendars[jurisdiction.id], kind.priority, kind.target_hours, since
        )

    def redactor(self, case: Case | None) -> Redactor:
        """Return the redaction of notes about a case; for an unknown one that of no country."""
        return self.redactors.get(case.jurisdiction, _ANYWHERE) if case else _ANYWHERE

    def bureau_codes(self, jurisdiction_id: str) -> Collection[str]:
        """Return the codes of a jurisdiction's bureaus; none for an unknown jurisdiction."""
        jurisdiction = self.catalogue.jurisdictions.get(jurisdiction_id)
        return jurisdiction.bureaus if jurisdiction else ()


def _calendar(jurisdiction: Jurisdiction) -> BusinessCalendar:
    return BusinessCalendar(
        ZoneInfo(jurisdiction.timezone),
        jurisdiction.holidays_country,
        jurisdiction.holidays_subdivision,
    )
