from datetime import timedelta
from typing import Any

from services.triage.rules.dedup.case_index import Box, SearchExtent, build_query
from services.triage.rules.dedup.model import Report
from services.triage.store.candidate_query import query_columns
from tests.support.builders import NOON, north_of
from tests.support.triage.factories import HERE, HOUR, KEY, report

REACH = SearchExtent(radius_m=67, window=timedelta(days=7), by_reporter=True)


def test_reports_of_one_place_ask_once_for_the_times_of_all() -> None:
    reports = [report(observed_at=NOON + n * HOUR) for n in range(500)]
    (box,) = build_query(reports[0], KEY, REACH).boxes

    by_place, others = columns_of(reports)

    assert by_place == [
        (KEY, *box, 0.0, NOON - REACH.window, NOON + 499 * HOUR + REACH.window),
    ]
    assert others == [[]] * 8


def test_reports_a_few_steps_apart_ask_for_a_box_around_all_of_theirs() -> None:
    reports = [report(point=north_of(HERE, metres)) for metres in range(0, 20, 4)]

    by_place, _ = columns_of(reports)

    assert len(by_place) < len(reports)
    for one in reports:
        (box,) = build_query(one, KEY, REACH).boxes
        assert any(box.union(Box(*sides)) == Box(*sides) for _, *sides, _, _, _ in by_place)


def test_reports_a_street_apart_ask_each_for_itself() -> None:
    by_place, _ = columns_of([report(), report(point=north_of(HERE, 100))])

    assert len(by_place) == 2


def test_addresses_and_persons_are_asked_for_beside_places() -> None:
    one = report(point=None, address="12 oak st", reporter="ana")

    columns = query_columns([build_query(one, KEY, REACH), build_query(one, "other", REACH)])

    assert columns[:9] == [[]] * 9
    assert columns[9:11] == [[KEY, "other"], ["12 oak st", "12 oak st"]]
    assert columns[13:15] == [[KEY, "other"], ["ana", "ana"]]


def columns_of(reports: list[Report]) -> tuple[list[tuple[Any, ...]], list[list[Any]]]:
    """Return the rows of the search by place, and the other columns."""
    columns = query_columns([build_query(one, KEY, REACH) for one in reports])
    return list(zip(*columns[:9], strict=True)), columns[9:]
