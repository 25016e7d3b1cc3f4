"""Queries of lists."""

from datetime import timedelta

import pytest

from services.intake.channels.listing.query import BoundingBox, Cursor, ListQuery, Span
from services.intake.channels.open311.query import MAX_SPAN, read_names, read_query
from services.intake.channels.open311.responses import Open311Error
from shared.vocabulary import END_OF_TIME
from tests.support.builders import NOON
from tests.support.intake.open311_requests import CITY, REQUEST, parameters

LAST = timedelta(microseconds=999_999)


def query(**values: str) -> ListQuery:
    return read_query(parameters(**values), CITY, NOON)


def days_ago(days: float) -> str:
    return f"{NOON - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def test_without_filters_it_is_the_newest_thousand_of_90_days() -> None:
    plain = query()

    assert plain.submitted == Span(NOON - MAX_SPAN, END_OF_TIME)
    assert (plain.limit, plain.offset, plain.statuses) == (1_000, 0, (True, False))
    assert (plain.updated, plain.box, plain.after) == (None, None, None)


def test_no_private_kind_is_shown_even_when_it_is_asked_for() -> None:
    assert "ROW-POTHOLE" in query().codes
    assert not {"ADA-REQUEST", "OUTREACH-REQ", "POL-NONEMERG"} & {*query().codes}
    assert query(service_code="ADA-REQUEST,ROW-POTHOLE,NO-SUCH").codes == ("ROW-POTHOLE",)
    assert query(service_code="ADA-REQUEST").codes == ()


@pytest.mark.parametrize(
    ("text", "statuses"),
    [("open", (True,)), ("closed", (False,)), ("closed,open", (True, False)), ("", (True, False))],
)
def test_the_status_is_a_list(text: str, statuses: tuple[bool, ...]) -> None:
    assert query(status=text).statuses == statuses


def test_one_date_begins_or_ends_90_days() -> None:
    assert query(start_date=days_ago(200)).submitted == Span(
        NOON - timedelta(days=200), NOON - timedelta(days=110) + LAST
    )
    assert query(end_date=days_ago(10)).submitted == Span(
        NOON - timedelta(days=100), NOON - timedelta(days=10) + LAST
    )


def test_an_end_has_its_whole_second_since_answers_have_no_fractions() -> None:
    second = days_ago(3)
    found = query(start_date=second, end_date=second).submitted

    assert found == Span(NOON - timedelta(days=3), NOON - timedelta(days=3) + LAST)


def test_a_span_of_90_days_is_the_longest() -> None:
    assert query(start_date=days_ago(90), end_date=days_ago(0)).submitted
    with pytest.raises(Open311Error) as raised:
        query(start_date=days_ago(90.001), end_date=days_ago(0))
    assert raised.value.status == 400
    assert "at most 90 days" in raised.value.descriptions[0]


def test_changes_alone_replace_the_window_of_requests() -> None:
    changed = query(updated_after=days_ago(1))
    both = query(updated_after=days_ago(1), start_date=days_ago(3))

    assert changed.submitted is None
    assert changed.updated is not None
    assert changed.updated.since == NOON - timedelta(days=1)
    assert both.submitted
    assert both.updated


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "done"},
        {"start_date": days_ago(1), "end_date": days_ago(2)},
        {"bbox": "1,2,3"},
        {"bbox": "1,2,3,x"},
        {"bbox": "3,2,1,4"},
        {"bbox": "-181,2,1,4"},
        {"bbox": "1,2,3,91"},
        {"page": "0"},
        {"page": "22"},
        {"page_size": "x"},
        {"after": "x"},
        {"after": "é"},
        {"updated_after": "today"},
    ],
    ids=str,
)
def test_what_is_wrong_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(Open311Error) as raised:
        query(**wrong)

    assert raised.value.status == 400
    assert any(name in raised.value.descriptions[0] for name in wrong)


def test_a_page_is_at_most_a_thousand() -> None:
    assert (query(page_size="5000").limit, query(page_size="20", page="3").offset) == (1_000, 40)


def test_a_cursor_comes_back_as_it_was_given() -> None:
    cursor = Cursor(NOON + timedelta(microseconds=1), REQUEST)

    assert query(after=cursor.encode()).after == cursor


def test_a_box_has_the_cells_that_it_touches() -> None:
    assert BoundingBox(-122.69, 45.51, -122.67, 45.52).cells == [910 * 7200 - 2454]
    assert len(BoundingBox(-122.71, 45.49, -122.67, 45.52).cells or ()) == 4
    assert BoundingBox(-123.5, 45, -122, 46).cells is None


def test_a_large_box_touches_some_of_the_cells_in_use() -> None:
    portland, greenwich = 910 * 7200 - 2454, 1029 * 7200
    assert BoundingBox(-180, -90, 180, 90).touched([portland, greenwich]) == [portland, greenwich]
    assert BoundingBox(-123.5, 45, -122, 46).touched([portland, greenwich]) == [portland]
    assert BoundingBox(0, 0, 100, 80).touched([portland]) == []
    assert BoundingBox(-180, -90, 180, 90).touched(range(portland, portland + 17)) is None


def test_a_box_touches_the_antimeridian_from_both_sides() -> None:
    east, west = (BoundingBox(lon, -17.01, lon, -17.01).cells or [] for lon in (180.0, -180.0))
    assert BoundingBox(170, -20, 180, -10).touched(east) == east
    assert BoundingBox(-180, -20, -170, -10).touched(west) == west
    assert BoundingBox(-180, -20, -170, -10).touched([west[0] + 3600]) == []


def test_all_cells_on_the_parallels_of_a_box_are_in_its_range() -> None:
    box = BoundingBox(0, 45.5, 100, 45.55)
    first, last = box.cell_range
    assert first <= 910 * 7200 - 2454 <= last
    assert first > 908 * 7200
    assert last < 913 * 7200
    assert query(bbox="-122.7,45.4,-122.6,45.6").box == BoundingBox(-122.7, 45.4, -122.6, 45.6)
    assert query(bbox="0, 0, 1, 1").box == BoundingBox(0, 0, 1, 1)


def test_names_are_read_as_people_type_them() -> None:
    both = parameters(service_request_id="REQ_7k4m92hdx, 267kq4m2")
    assert read_names(both) == ["req_7k4m92hdx", "26-7KQ4-M2"]
    assert read_names(parameters(service_request_id="")) is None
    assert read_names(parameters(service_request_id="nonsense")) == []
    with pytest.raises(Open311Error):
        read_names(parameters(service_request_id=",".join(map(str, range(1_001)))))
