"""Detection of placeholder points, by Portland's shipped rules."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.triage.handlers import on_messages
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import Decision, RequestSubmitted, RequestTriaged
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON, location, north_of, request, request_submitted
from tests.support.triage.factories import DAY, HOUR, messages
from tests.support.triage.fakes import InMemoryTriageStore

PORTLAND = TriagePolicy(load_catalogue())
SHARED_POINT = GeoPoint(45.512345, -122.679012)
KINDS = ("ROW-POTHOLE", "GRAF-PUBLIC", "TRASH-CAN", "SW-VEG", "NOISE-GENERAL", "VEH-ABANDONED")


def report(
    kind: str, at: GeoPoint = SHARED_POINT, *, days: float = 0, **place: Any
) -> RequestSubmitted:
    group = PORTLAND.cities["portland.gov"].services[kind].dedup.group
    return request_submitted(
        request(
            service_code=kind,
            dedup_group=group,
            description="",
            observed_at=NOON + days * DAY,
            location=location(at, **({"address": None} | place)),
        )
    )


async def decided(
    *batches: Sequence[RequestSubmitted], cases: InMemoryTriageStore | None = None
) -> list[Decision]:
    cases = cases or InMemoryTriageStore()
    return [
        event.data
        for batch in batches
        for event in await on_messages(messages(*batch), cases, PORTLAND, NOON + HOUR)
        if isinstance(event, RequestTriaged)
    ]


UNRELATED = [report(kind) for kind in KINDS]


@pytest.mark.parametrize("size", [1, 3, 8])
async def test_where_many_unrelated_problems_are_reported_two_reports_are_two_problems(
    size: int,
) -> None:
    events = [*UNRELATED, report("CAMP-REPORT"), report("CAMP-REPORT", days=1)]

    decisions = await decided(*(events[n : n + size] for n in range(0, len(events), size)))

    assert [decision.outcome for decision in decisions] == ["new"] * 8


async def test_a_point_of_few_groups_stays_a_place() -> None:
    *_, camp = await decided([*UNRELATED[1:], report("CAMP-REPORT"), report("CAMP-REPORT", days=1)])

    assert camp.outcome == "duplicate"


async def test_uses_of_long_ago_say_nothing_of_a_point_today() -> None:
    later = [report("CAMP-REPORT", days=100), report("CAMP-REPORT", days=101)]

    *_, camp = await decided(UNRELATED, later)

    assert camp.outcome == "duplicate"


async def test_at_such_a_point_the_address_is_the_place() -> None:
    camps = [
        report("CAMP-REPORT", address="0123 SW Bancroft St"),
        report("CAMP-REPORT", address="123 SW Bancroft St"),
        report("CAMP-REPORT", address="0123 SW BANCROFT STREET"),
    ]

    *_, first, other, same = await decided(UNRELATED, camps)

    assert (other.outcome, same.outcome) == ("new", "duplicate")
    assert same.case_id == first.case_id


async def test_what_lies_near_such_a_point_is_not_held_against_what_is_said_to_be_there() -> None:
    camps = [report("CAMP-REPORT"), report("CAMP-REPORT", north_of(SHARED_POINT, 20))]

    *_, near = await decided(UNRELATED, camps)

    assert near.outcome == "new"


async def test_a_point_that_is_no_place_is_kept_as_it_was_said() -> None:
    cases = InMemoryTriageStore()

    *_, camp = await decided(UNRELATED, [report("CAMP-REPORT")], cases=cases)

    assert camp.case_id is not None
    kept = cases.cases[camp.case_id].opening
    assert (kept.point, kept.place) == (SHARED_POINT, None)
