"""Dispatch's policy: the catalogue, with calendars and topics derived from it once at start."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self, get_args
from zoneinfo import ZoneInfo

from services.dispatch.rules.business_time import BusinessCalendar, OpenTime
from services.dispatch.rules.case import Case
from services.dispatch.rules.deadlines import DeadlinePolicy, clock_of
from services.dispatch.rules.routing import RoutingContext, next_lead
from shared.catalogue import Catalogue, Hours, Jurisdiction, ServiceType, land_owner
from shared.contract.events import Location, SubmittedLocation
from shared.contract.topics import bureau_updates
from shared.errors import PermanentError
from shared.redaction import Redactor
from shared.vocabulary import FourEyesRule, GeoPoint, PriorityLevel

if TYPE_CHECKING:
    from shared.geo import Areas, CityBoundaries

_ANYWHERE = Redactor("ZZ")


class NotInCatalogueError(PermanentError):
    """A decision or case names a jurisdiction or a kind that the catalogue does not have."""

    code = "not_in_catalogue"


class NoBureauError(PermanentError):
    """A decision opens a case of a kind that no bureau of the city works on."""

    code = "no_bureau"


@dataclass(frozen=True, slots=True)
class DispatchPolicy:
    """Facts that routing, deadlines and validation depend on, by the id of the jurisdiction."""

    catalogue: Catalogue
    calendars: Mapping[str, BusinessCalendar]
    # Code of the bureau that writes to a topic of updates, by topic name.
    bureau_by_topic: Mapping[str, str]
    redactors: Mapping[str, Redactor]
    areas: Mapping[str, "Areas"]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Return the policy of a catalogue."""
        jurisdictions = catalogue.jurisdictions.values()
        return cls(
            catalogue,
            {
                j.id: BusinessCalendar(
                    ZoneInfo(j.timezone), j.holidays_country, j.holidays_subdivision
                )
                for j in jurisdictions
            },
            {bureau_updates(code).name: code for j in jurisdictions for code in j.bureaus},
            {j.id: Redactor.of(j) for j in jurisdictions},
            {j.id: _areas(j) for j in jurisdictions if any(r.when.areas for r in j.routing)},
        )

    @property
    def kind_codes(self) -> frozenset[str]:
        """The codes of the kinds of all cities."""
        cities = self.catalogue.jurisdictions.values()
        return frozenset(code for city in cities for code in city.services)

    def kinds_of(self, jurisdiction_id: str) -> Collection[str]:
        """Return the codes of a city's kinds; none for an unknown city."""
        city = self.catalogue.jurisdictions.get(jurisdiction_id)
        return city.services if city else ()

    def four_eyes(self, jurisdiction_id: str) -> Collection[FourEyesRule]:
        """Return what needs a second person in a city; everything that can in an unknown one."""
        city = self.catalogue.jurisdictions.get(jurisdiction_id)
        return city.four_eyes if city else get_args(FourEyesRule)

    def located(self, jurisdiction_id: str, given: object) -> Location | None:
        """Return a location with its district and municipality; None for neither point nor address.

        The polygons are loaded at the first point.
        """
        if not isinstance(given, SubmittedLocation):
            return None
        if given.latitude is None or given.longitude is None:
            known = given.model_dump(include={"address", "details"})
            return Location(precision="address", **known) if given.address else None
        city = self.catalogue.jurisdictions.get(jurisdiction_id)
        point = GeoPoint(given.latitude, given.longitude)
        district, municipality = _land(city.id, city.folder, point) if city else (None, None)
        return Location(
            **given.model_dump(), precision="point", district=district, municipality=municipality
        )

    def kind(self, jurisdiction_id: str, service_code: str) -> tuple[Jurisdiction, ServiceType]:
        """Return a kind and its jurisdiction; raise ``NotInCatalogueError`` for an unknown one."""
        jurisdiction = self.catalogue.jurisdictions.get(jurisdiction_id)
        if jurisdiction is None:
            raise NotInCatalogueError("jurisdiction: not in the catalogue")
        kind = jurisdiction.services.get(service_code)
        if kind is None:
            raise NotInCatalogueError("service_code: not in the catalogue of its jurisdiction")
        return jurisdiction, kind

    def routing_context(  # noqa: PLR0913 - the facts of a report
        self,
        jurisdiction: Jurisdiction,
        kind: ServiceType,
        level: PriorityLevel,
        now: datetime,
        *,
        conditions: Collection[str] = (),
        dangers: Collection[str] = (),
        attributes: Mapping[str, object] | None = None,
        location: Location | None = None,
    ) -> RoutingContext:
        """Return the facts that routing depends on; ``now`` decides which bureaus are open."""
        calendar = self.calendars[jurisdiction.id]
        local = now.astimezone(calendar.zone)
        owner = land_owner(jurisdiction, kind, conditions)
        return RoutingContext(
            kind,
            level,
            conditions,
            lambda bureau: calendar.is_open(jurisdiction.bureaus[bureau].hours, now),
            local,
            is_holiday=calendar.is_holiday(local.date()),
            desk=_desk(jurisdiction, kind, location),
            dangers=dangers,
            attributes=attributes or {},
            district=location.district if location else None,
            areas=self._areas_of(jurisdiction, location) if location else (),
            owner=owner.code if owner else None,
        )

    def _areas_of(self, jurisdiction: Jurisdiction, location: Location) -> Collection[str]:
        """Return the polygons that a location lies in; a point for "unknown" lies in none."""
        areas = self.areas.get(jurisdiction.id)
        if areas is None or location.precision == "default":
            return ()
        if location.latitude is None or location.longitude is None:
            return ()
        return areas.containing(GeoPoint(location.latitude, location.longitude))

    def deadline_policy(
        self, jurisdiction: Jurisdiction, kind: ServiceType, since: datetime, lead: str
    ) -> DeadlinePolicy:
        """Return the deadline policy of a kind, by the opening hours of the lead bureau."""
        open_time = self.open_time(jurisdiction.id, lead)
        return DeadlinePolicy(open_time, kind.priority, kind.target_hours, since)

    def case_deadlines(self, case: Case, since: datetime) -> DeadlinePolicy:
        """Return the deadline policy of a case; raise ``NotInCatalogueError`` for a lost kind."""
        jurisdiction, kind = self.kind(case.jurisdiction, case.service_code)
        return self.deadline_policy(jurisdiction, kind, since, case.lead_bureau)

    def case_clock(self, case: Case) -> OpenTime:
        """Return the clock of a case's deadlines."""
        open_time = self.open_time(case.jurisdiction, case.lead_bureau)
        return clock_of(case.priority.level, open_time)

    def open_time(self, jurisdiction_id: str, bureau: str) -> OpenTime:
        """Return the open time of a bureau; around the clock for an unknown one."""
        jurisdiction = self.catalogue.jurisdictions.get(jurisdiction_id)
        known = jurisdiction.bureaus.get(bureau) if jurisdiction else None
        hours = known.hours if known else Hours.around_the_clock()
        return OpenTime(self.calendars[jurisdiction_id], hours)

    def next_lead(self, case: Case) -> str | None:
        """Return the lead after the present one declined the case; None for none.

        First comes the bureau of the kind where a rule had chosen another one, then the one that
        the lead escalates to, then the desk of other reports.
        """
        jurisdiction = self.catalogue.jurisdictions[case.jurisdiction]
        kind = jurisdiction.services.get(case.service_code)
        lead = jurisdiction.bureaus.get(case.lead_bureau)
        candidates = (
            kind.city_lead or kind.hazard_lead if kind else None,
            lead.escalates_to if lead else None,
        )
        return next_lead(case, candidates, jurisdiction.services[jurisdiction.other_code].city_lead)

    def redactor(self, case: Case | None) -> Redactor:
        """Return the redaction of notes about a case; the general one for an unknown case."""
        return self.city_redactor(case.jurisdiction) if case else _ANYWHERE

    def city_redactor(self, jurisdiction_id: str) -> Redactor:
        """Return the redaction of texts in a city; the general one for an unknown city."""
        return self.redactors.get(jurisdiction_id, _ANYWHERE)

    def bureau_codes(self, jurisdiction_id: str) -> Collection[str]:
        """Return the codes of a jurisdiction's bureaus; none for an unknown jurisdiction."""
        jurisdiction = self.catalogue.jurisdictions.get(jurisdiction_id)
        return jurisdiction.bureaus if jurisdiction else ()


def _desk(jurisdiction: Jurisdiction, kind: ServiceType, location: Location | None) -> str | None:
    """Return the triage desk for a report without the location that its kind needs."""
    needs_place = kind.needs.location or kind.emergency
    if location is None or not needs_place or location.precision != "none":
        return None
    return jurisdiction.services[jurisdiction.other_code].city_lead


@cache
def _boundaries(jurisdiction_id: str, folder: Path) -> "CityBoundaries":
    from shared.geo import CityBoundaries  # noqa: PLC0415 - as below

    return CityBoundaries(jurisdiction_id, folder)


def _land(jurisdiction_id: str, folder: Path, point: GeoPoint) -> tuple[str | None, str | None]:
    """Return district and municipality of a point."""
    known = _boundaries(jurisdiction_id, folder)
    return known.district([point])[0], known.municipality([point])[0]


def _areas(jurisdiction: Jurisdiction) -> "Areas":
    from shared.geo import Areas  # noqa: PLC0415 - shapely takes 30 MB, and few cities need it

    return Areas(jurisdiction.folder)
