"""Ports of insight: the operations of its core that channels call."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.insight.policy import InsightPolicy
from services.insight.records import DeskContact
from services.insight.rules import reports
from services.insight.rules.cases import closed_periods
from services.insight.rules.desk import ContactFact, desk_rows
from services.insight.rules.months import (
    PublicMonth,
    earliest,
    public_months,
    reported_month,
    trend_of,
    volumes_of,
)
from services.insight.rules.reports import CaseFact, RequestFact, TimedReport
from services.insight.rules.survival import Duration
from services.insight.rules.tables import DIMENSIONS, MOST_DIMENSIONS, Row
from services.insight.settings import InsightSettings
from services.insight.store import queries
from services.insight.store.desk import put_contacts
from services.insight.store.queries import CityPeriod
from shared.runtime.http.authentication import Callers
from shared.runtime.postgres import Pool, transaction
from shared.vocabulary import END_OF_TIME, START_OF_TIME, InsightReport

__all__ = [
    "DIMENSIONS",
    "MOST_DIMENSIONS",
    "FiguresOfMonth",
    "InsightPorts",
    "PublicMonth",
    "Row",
    "Wanted",
    "reported_month",
]

# What the public sees of a month, each by one dimension, so that no two tables give a cell away.
PUBLIC_REPORTS: Mapping[InsightReport, Sequence[str]] = {
    "volumes": ("kind", "district"),
    "times": ("kind", "district"),
    "promises": ("kind", "district"),
    "reporting": ("district",),
}
PUBLIC_TOTALS: Sequence[InsightReport] = ("times", "promises")

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_NO_REQUEST: Mapping[str, Any] = {"district": None, "channel": "unknown", "language": None}


class Wanted(NamedTuple):
    """A report, its dimensions, and its days in the city's time, both inclusive; None for all."""

    report: InsightReport
    by: Sequence[str]
    since: date | None
    until: date | None
    jurisdiction: str | None


class FiguresOfMonth(NamedTuple):
    """Figures of a month for the public.

    Attributes:
        months: All months to choose from, the latest first.
        trends: Requests by a dimension, each row with its month first.
        totals: The row of all cases, of reports about them; none without a case.
    """

    month: PublicMonth
    months: Sequence[PublicMonth]
    volumes: Sequence[Row]  # requests by month
    trends: Mapping[str, Sequence[Row]]
    tables: Mapping[InsightReport, Mapping[str, Sequence[Row]]]
    totals: Mapping[InsightReport, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class InsightPorts:
    """Operations of the core."""

    settings: InsightSettings
    policy: InsightPolicy
    callers: Callers
    pool: Pool  # connections for calls over HTTP
    clock: Callable[[], datetime]

    async def report(self, wanted: Wanted) -> list[Row]:
        """Return the rows of a report."""
        report, by = wanted.report, wanted.by
        periods = self._periods(wanted.since, wanted.until, wanted.jurisdiction)
        about_cases = reports.is_about_cases(report)
        async with queries.snapshot(self.pool) as db:
            cases = await queries.case_rows(db, periods) if about_cases else ()
            requests = () if about_cases else await queries.request_rows(db, periods)
            contacts = await queries.contact_rows(db, periods) if report == "desk" else ()

        def count() -> list[Row]:
            if about_cases:
                return reports.case_rows(report, self._cases(cases), by)
            facts = self._requests(requests)
            if report == "desk":
                return desk_rows(facts, [*map(self._contact, contacts)], by)
            return reports.request_rows(report, facts, by)

        return await asyncio.to_thread(count)

    async def take_contacts(
        self, city: str, sent_by: str, contacts: Sequence[DeskContact]
    ) -> datetime | None:
        """Store contacts of the desk; idempotent. Return the moment of the caller's latest one."""
        async with transaction(self.pool) as db:
            return await put_contacts(db, city, sent_by, contacts)

    async def public_figures(self, city: str, month: date | None) -> FiguresOfMonth | None:
        """Return the figures of a month, by default the latest; None for one that is not shown."""
        zone = self.policy.timezones[city]
        today = self.clock().astimezone(zone).date()
        async with queries.snapshot(self.pool) as db:
            counts = await queries.month_counts(db, city, zone, earliest(today))
            months = public_months(counts["kind"].keys(), today)
            shown = next((one for one in months if month in (None, one.first_day)), None)
            if shown is None:
                return None
            periods = self._periods(shown.first_day, shown.last_day, city)
            requests = await queries.request_rows(db, periods)
            cases = await queries.case_rows(db, periods)
        tables, totals = await asyncio.to_thread(self._public_tables, requests, cases)
        trends = {by: trend_of(months, of) for by, of in counts.items()}
        volumes = volumes_of(months, counts["kind"])
        return FiguresOfMonth(shown, months, volumes, trends, tables, totals)

    def _public_tables(
        self,
        requests: Sequence[queries.Row],
        cases: Sequence[tuple[queries.Row, Sequence[queries.Row]]],
    ) -> tuple[dict[InsightReport, dict[str, list[Row]]], dict[InsightReport, list[Row]]]:
        of_requests, of_cases = self._requests(requests), self._cases(cases)
        totals = {report: reports.case_rows(report, of_cases, []) for report in PUBLIC_TOTALS}
        tables = {
            report: {
                dimension: reports.case_rows(report, of_cases, [dimension])
                if reports.is_about_cases(report)
                else reports.request_rows(report, of_requests, [dimension])
                for dimension in dimensions
            }
            for report, dimensions in PUBLIC_REPORTS.items()
        }
        return tables, totals

    def _periods(
        self, since: date | None, until: date | None, only: str | None
    ) -> list[CityPeriod]:
        """Return the period of each city, or of one, in its own time."""
        return [
            CityPeriod(
                city,
                _midnight(since, zone) if since else START_OF_TIME,
                _midnight(until + _DAY, zone) if until else END_OF_TIME,
            )
            for city, zone in self.policy.timezones.items()
            if only in (None, city)
        ]

    def _requests(self, rows: Sequence[queries.Row]) -> list[RequestFact]:
        return [self._request(row) for row in rows]

    def _cases(self, rows: Sequence[tuple[queries.Row, Sequence[queries.Row]]]) -> list[CaseFact]:
        now = self.clock()
        return [self._case(case, members, now) for case, members in rows]

    def _request(self, row: queries.Row) -> RequestFact:
        joined = row["first_at"] is not None and not row["is_first"]
        return RequestFact(
            kind=row["kind"],
            group=row["dedup_group"],
            bureau=row["bureau"],
            district=row["district"],
            channel=row["channel"],
            language=row["language"],
            priority=row["level"],
            at=row["submitted_at"].astimezone(self.policy.timezones[row["jurisdiction"]]),
            outcome=row["outcome"],
            unsure=row["unsure"],
            joined_after=row["submitted_at"] - row["first_at"] if joined else None,
            corrected=row["moves"] > 0 or bool(row["corrected"]),
            asked=row["asked"],
            fixed=row["fixed"],
            desk_outcome=row["desk_outcome"],
            handle_seconds=row["handle_seconds"],
        )

    def _contact(self, row: queries.Row) -> ContactFact:
        return ContactFact(
            channel=row["channel"],
            language=row["language"],
            at=row["at"].astimezone(self.policy.timezones[row["jurisdiction"]]),
            desk_outcome=row["outcome"],
            handle_seconds=row["seconds"],
        )

    def _case(self, row: queries.Row, members: Sequence[queries.Row], now: datetime) -> CaseFact:
        city, opened_at, ended_at = row["jurisdiction"], row["opened_at"], row["ended_at"]
        first = members[0] if members else _NO_REQUEST
        window = self.policy.windows.get((city, row["dedup_group"]), timedelta())
        residents = [
            TimedReport(one["submitted_at"], one["reporter"])
            for one in members
            if one["entered_by"] == "resident"
        ]
        closed = closed_periods(zip(row["what"] or (), row["at"] or (), strict=True))
        exposure, further = reports.exposure_of(residents, window, ended_at, now, closed)
        return CaseFact(
            city=city,
            kind=row["kind"],
            group=row["dedup_group"],
            bureau=row["bureau"],
            district=first["district"],
            channel=first["channel"],
            language=first["language"],
            priority=row["level"],
            at=opened_at.astimezone(self.policy.timezones[city]),
            acknowledge=_duration(opened_at, row["acknowledged_at"], ended_at or now),
            complete=_completion(opened_at, ended_at, row["status"], now),
            promise=reports.promise_of(row["complete_by"], row["status"], ended_at, now),
            was_completed=row["was_completed"],
            reopened=row["reopened"],
            exposure=exposure,
            further=further,
        )


def _completion(
    opened_at: datetime, ended_at: datetime | None, status: str, now: datetime
) -> Duration:
    """Return the time to completion; work that was declined or referred is never completed."""
    if ended_at is None or status == "completed":
        return _duration(opened_at, ended_at, now)
    return _duration(opened_at, None, END_OF_TIME)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _duration(start: datetime, end: datetime | None, last_seen: datetime) -> Duration:
    hours = ((end or last_seen) - start) / _HOUR
    return Duration(max(0.0, hours), has_ended=end is not None)
