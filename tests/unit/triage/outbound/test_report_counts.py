from datetime import UTC, datetime, timedelta
from typing import Any

from services.triage.outbound import to_report_counts
from services.triage.surges.detection import reporter_hash
from shared.contract.events import ReportCount, ReportsCounted, RequestTriaged
from tests.support.builders import NOON, location, request
from tests.support.triage.factories import messages, submitted
from tests.support.triage.fakes import InMemoryTriageStore
from tests.unit.triage.harness import events_of

MINUTE = timedelta(minutes=1)
SE = location(district="SE")


def counted(**changes: Any) -> ReportCount:
    [counts] = to_report_counts([request(**changes)])
    [count] = counts.counts
    return count


def test_reports_of_one_group_are_one_record_with_an_entry_for_each_district_and_slot() -> None:
    reports = [
        request(reporter_ref="ana", location=SE),
        request(reporter_ref="bo", location=SE, observed_at=NOON + 9 * MINUTE),
        request(reporter_ref="ana", location=SE, observed_at=NOON + 10 * MINUTE),
        request(reporter_ref="cy", location=location(district="NW")),
    ]

    [counts] = to_report_counts(reports)

    assert (counts.jurisdiction, counts.dedup_group, counts.lane) == (
        "portland.gov", "pavement", "standard",
    )  # fmt: skip
    assert [(c.district, c.observed_from, c.reporters) for c in counts.counts] == [
        ("SE", NOON, (reporter_hash("ana"), reporter_hash("bo"))),
        ("SE", NOON + 10 * MINUTE, (reporter_hash("ana"),)),
        ("NW", NOON, (reporter_hash("cy"),)),
    ]


def test_cities_groups_and_lanes_are_apart() -> None:
    reports = [
        request(),
        request(jurisdiction="boston.gov"),
        request(dedup_group="sewage"),
        request(lane="express"),
    ]

    assert len(to_report_counts(reports)) == 4


def test_one_reporter_counts_once_and_an_anonymous_report_by_itself() -> None:
    [ana] = to_report_counts([request(reporter_ref="ana"), request(reporter_ref="ana")])
    [anonymous] = to_report_counts([request(), request()])

    assert [len(c.reporters) for c in (*ana.counts, *anonymous.counts)] == [1, 2]


def test_a_report_without_a_known_place_has_the_unknown_district() -> None:
    assert counted(location=location(district="NW", precision="default")).district == "unknown"


def test_a_report_of_an_impossible_time_is_not_counted() -> None:
    assert to_report_counts([request(observed_at=datetime(1, 1, 1, tzinfo=UTC))]) == []


async def test_a_request_is_counted_with_its_decision_and_not_again() -> None:
    cases, event = InMemoryTriageStore(), submitted()

    first = await events_of(cases, event, event.model_copy())
    again = await events_of(cases, event)

    assert [type(caused) for caused in first] == [RequestTriaged, ReportsCounted]
    assert [len(count.reporters) for count in first[1].data.counts] == [1]
    assert again == []
    assert messages(first[1])[0].record.topic == "triage-report-counts"
