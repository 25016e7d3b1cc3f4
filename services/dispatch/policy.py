"""What dispatch decides by: the catalogue, and what follows from it once at start."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from services.dispatch.rules.business_time import BusinessCalendar
from services.dispatch.rules.deadlines import DeadlinePolicy
from shared.catalogue import Catalogue, Jurisdiction, ServiceType
from shared.contract.topics import bureau_updates
from shared.errors import PermanentError


class NotInCatalogueError(PermanentError):
    """A decision names a jurisdiction or a kind that no catalogue here has."""

    code = "not_in_catalogue"


class NoBureauError(PermanentError):
    """A decision opens a case of a kind in which the city has no part."""

    code = "no_bureau"


@dataclass(frozen=True, slots=True)
class Policy:
    """The facts behind every decision of dispatch.

    Attributes:
        calendars: When each jurisdiction works.
        senders: Code of the bureau that speaks on each topic of updates.
    """

    catalogue: Catalogue
    calendars: Mapping[str, BusinessCalendar]
    senders: Mapping[str, str]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Return what follows from a catalogue."""
        jurisdictions = catalogue.jurisdictions.values()
        return cls(
            catalogue,
            {j.id: _calendar(j) for j in jurisdictions},
            {bureau_updates(code).name: code for j in jurisdictions for code in j.bureaus},
        )

    def kind(self, jurisdiction_id: str, service_code: str) -> tuple[Jurisdiction, ServiceType]:
        """Return a kind of request and the jurisdiction that it belongs to.

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

    def open_at(self, jurisdiction: Jurisdiction, now: datetime) -> Callable[[str], bool]:
        """Return what tells whether a bureau of the jurisdiction can be reached now."""
        calendar = self.calendars[jurisdiction.id]
        return lambda bureau: calendar.is_open(jurisdiction.bureaus[bureau].hours, now)

    def terms(
        self, jurisdiction: Jurisdiction, kind: ServiceType, since: datetime
    ) -> DeadlinePolicy:
        """Return what the deadlines of a request of this kind are counted by."""
        return DeadlinePolicy(
            self.calendars[jurisdiction.id], kind.priority, kind.target_hours, since
        )

    def bureaus(self, jurisdiction_id: str) -> Collection[str]:
        """Return the codes of a jurisdiction's bureaus."""
        jurisdiction = self.catalogue.jurisdictions.get(jurisdiction_id)
        return jurisdiction.bureaus if jurisdiction else ()


def _calendar(jurisdiction: Jurisdiction) -> BusinessCalendar:
    return BusinessCalendar(
        ZoneInfo(jurisdiction.timezone),
        jurisdiction.holidays_country,
        jurisdiction.holidays_subdivision,
    )
