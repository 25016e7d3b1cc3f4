"""What is wrong in the query of a list is named together."""

import json
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from shared.contract.events import FieldError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.list_queries import encode_cursor, number_in, position_in, refuse_faults


def read(query: str) -> tuple[int, int, int]:
    """Read a query as that of a feed."""
    request = make_mocked_request("GET", f"/?{query}")
    faults: list[FieldError] = []
    limit = number_in(request, "limit", 100, 1, 500, faults)
    wait = number_in(request, "wait", 0, 0, 30, faults)
    after = position_in(request, "events", "WATER", faults)
    refuse_faults(faults)
    return limit, wait, after


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", (100, 0, 0)),
        ("limit=500&wait=30", (500, 30, 0)),
        (f"after={encode_cursor('events', 'WATER', 7)}", (100, 0, 7)),
    ],
)
def test_what_is_left_out_has_its_default(query: str, found: tuple[int, int, int]) -> None:
    assert read(query) == found


@pytest.mark.parametrize(
    ("query", "status", "fields"),
    [
        ("limit=0", 422, ["limit"]),
        ("limit=501&wait=-1", 422, ["limit", "wait"]),
        ("limit=%D9%A1&wait=31&after=x", 422, ["limit", "wait", "after"]),
        (f"after={encode_cursor('events', 'BES', 7)}", 400, None),
    ],
)
def test_all_that_is_wrong_is_named_and_a_cursor_alone_is_a_bad_one(
    query: str, status: int, fields: list[str] | None
) -> None:
    with pytest.raises(RefusedError) as refused:
        read(query)

    response = refused.value.response
    assert isinstance(response.body, bytes)
    problem: dict[str, Any] = json.loads(response.body)
    assert response.status == status
    assert problem.get("code") == (None if fields else "bad_cursor")
    assert [error["field"] for error in problem.get("errors", ())] == (fields or [])
