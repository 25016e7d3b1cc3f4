from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.dispatch.channels.operator_api.cases import CaseQuery, KnownCodes
from services.dispatch.records.answers import FilterBox
from services.dispatch.store.cases import search_query

CODES = KnownCodes(bureaus={"ROADS"}, kinds={"POTHOLE"})
SURGE = "0197a1b2-c3d4-7000-8000-000000000009"


def read(**query: str) -> CaseQuery:
    return CaseQuery.model_validate(query, context=CODES)


def test_every_parameter_is_read_and_others_are_ignored() -> None:
    wanted = read(
        status="in_progress,open",
        priority="P2",
        bureau="ROADS",
        kind="POTHOLE",
        district="North",
        q="4th Ave",
        bbox="-122.7,45.5,-122.6,45.6",
        surge=SURGE,
        overdue="true",
        order="urgent",
        counts="true",
        assignee="Kim,Lee",
        language="es-MX,so",
        channel="phone,walk_in",
        since="2026-11-24T08:00:00-08:00",
        until="2026-11-25T00:00:00Z",
        unsure="false",
        held="true",
        limit="7",
    )

    assert wanted.model_dump() == {
        "status": ("in_progress", "open"),
        "priority": ("P2",),
        "bureau": ("ROADS",),
        "kind": ("POTHOLE",),
        "district": ("North",),
        "q": "4th Ave",
        "bbox": FilterBox(-122.7, 45.5, -122.6, 45.6),
        "surge": (UUID(SURGE),),
        "overdue": True,
        "order": "urgent",
        "counts": True,
        "assignee": ("Kim", "Lee"),
        "language": ("es", "so"),
        "channel": ("phone", "walk_in"),
        "since": datetime(2026, 11, 24, 16, tzinfo=UTC),
        "until": datetime(2026, 11, 25, tzinfo=UTC),
        "unsure": False,
        "held": True,
    }
    assert set(read().model_dump().values()) == {None, "newest"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "closed"),
        ("status", ""),
        ("priority", "P6"),
        ("bureau", "WATER"),
        ("kind", "UNICORN"),
        ("district", ""),
        ("district", "a\x00b"),
        ("q", ""),
        ("q", "-- !"),
        ("q", "x" * 201),
        ("bbox", "1,2,3"),
        ("bbox", "1,2,3,4,5"),
        ("bbox", "1,2,3,north"),
        ("bbox", "-122.6,45.5,-122.7,45.6"),
        ("bbox", "-122.7,45.6,-122.6,45.5"),
        ("bbox", "-181,45,-122,46"),
        ("bbox", "-122,45,-121,91"),
        ("bbox", "nan,nan,nan,nan"),
        ("surge", "the flood"),
        ("overdue", "1"),
        ("order", "random"),
        ("counts", "1"),
        ("status", "open,"),
        ("assignee", "Kim,"),
        ("kind", "POTHOLE,UNICORN"),
        ("channel", "fax"),
        ("priority", ",".join(["P1"] * 101)),
        ("since", "yesterday"),
        ("until", "2026-11-25T00:00:00"),
        ("unsure", "maybe"),
        ("held", ""),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as raised:
        read(**{name: value})

    [error] = raised.value.errors()
    assert error["loc"][0] == name
    assert error["msg"]


def test_all_wrong_values_are_named_at_once() -> None:
    given: dict[str, Any] = {"status": "closed", "bbox": "1", "overdue": "yes"}
    with pytest.raises(ValidationError) as raised:
        read(**given)

    assert [error["loc"][0] for error in raised.value.errors()] == [*given]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("hole", "'hole':*"),
        ("SW 4th Ave.", "'SW':* & '4th':* & 'Ave':*"),
        (" 26-7kq4-m2", "'267kq4m2':*"),
        ("26 7KQ4 M2AAC", "'267KQ4M2AAC':*"),
        ("26-7KQ4-M2 hole", "'26':* & '7KQ4':* & 'M2':* & 'hole':*"),
        ("don't \\ 'x':y", "'don':* & 't':* & 'x':* & ':y':*"),
    ],
)
def test_a_search_finds_the_beginnings_of_words_and_numbers(text: str, query: str) -> None:
    assert search_query(text) == query
