from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cli.explain.lookup import NotDecidedError, RequestQuery, parse_query
from tests.support.builders import decision, request, request_triaged

ID = "0197a1b2-c3d4-7000-8000-000000000001"
MADE = datetime.fromtimestamp(0x0197A1B2C3D4 / 1000, UTC)


def test_a_request_matches_its_id_or_by_its_number_however_written() -> None:
    assert parse_query(ID.upper()) == RequestQuery(UUID(ID), None)
    assert parse_query(" 26 9t7e 89") == RequestQuery(None, "26-9T7E-89")


@pytest.mark.parametrize("text", ["26-9T7E-88", "nonsense", ""])
def test_what_is_neither_is_said_to_be_neither(text: str) -> None:
    with pytest.raises(NotDecidedError, match="neither a request id nor a tracking number"):
        parse_query(text)


def test_the_log_is_read_from_shortly_before_the_moment_in_the_id() -> None:
    assert parse_query(ID).since == MADE - timedelta(minutes=5)


@pytest.mark.parametrize(
    "query", [RequestQuery(UUID(int=7), None), RequestQuery(None, "26-9T7E-89")]
)
def test_without_a_moment_in_the_id_the_whole_log_is_read(query: RequestQuery) -> None:
    assert query.since is None


def test_a_decision_is_meant_only_by_its_own_request() -> None:
    own = request_triaged(decision(request(request_id=ID, tracking_number="26-9T7E-89")))
    other = request_triaged(decision(request()))

    for query in (RequestQuery(UUID(ID), None), RequestQuery(None, "26-9T7E-89")):
        assert query.matches(own)
        assert not query.matches(other)
