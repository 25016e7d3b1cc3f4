"""The report of the desk, beside the reports of requests."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.insight.rules.desk import ContactFact, desk_rows
from services.insight.rules.reports import RequestFact
from shared.vocabulary import DeskOutcome

REQUEST = RequestFact(
    kind="ROW-POTHOLE",
    group="pavement",
    bureau="PBOT-MAINT",
    district="north",
    channel="phone",
    language="en",
    priority="P3",
    at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    outcome="new",
    unsure=False,
    joined_after=None,
    corrected=False,
    asked=False,
    fixed=None,
    desk_outcome=None,
    handle_seconds=None,
)


def answered(outcome: DeskOutcome = "answered", language: str = "en") -> ContactFact:
    return ContactFact("phone", language, REQUEST.at, outcome, 40)


def test_contacts_count_with_and_without_a_request() -> None:
    requests = [
        *[replace(REQUEST, channel="web")] * 20,
        *[REQUEST] * 8,  # of another desk, which measured nothing
        replace(REQUEST, outcome="referral"),
        replace(REQUEST, outcome="duplicate", desk_outcome="joined", handle_seconds=100),
        replace(REQUEST, desk_outcome="request", handle_seconds=200),
    ]
    contacts = [answered("answered"), answered("referred"), answered("interpreter")]

    [row] = desk_rows(requests * 11, contacts * 11, [])

    assert row.n == 14 * 11
    assert row.figures == {
        "resolved_at_first_contact": 4 * 11,
        "without_request": 3 * 11,
        "to_interpreter": 11,
        "timed": 5 * 11,
        "median_handle_seconds": 40.0,
    }


def test_contacts_without_request_have_no_kind() -> None:
    rows = desk_rows([REQUEST] * 12, [answered()] * 11, ["kind"])

    assert [(row.cell, row.n) for row in rows] == [(("ROW-POTHOLE",), 12), ((None,), 11)]


@pytest.mark.parametrize(
    ("requests", "contacts"),
    [
        pytest.param(5, 40, id="few requests under many contacts"),
        pytest.param(0, 5, id="few contacts and no request"),
    ],
)
def test_a_row_is_hidden_with_a_complement_where_requests_or_contacts_are_few(
    requests: int, contacts: int
) -> None:
    spanish = replace(REQUEST, language="es")
    rows = desk_rows(
        [*[REQUEST] * 30, *[spanish] * requests],
        [answered("answered", "es")] * contacts,
        ["language"],
    )

    assert [(row.cell, row.n) for row in rows] == [(("en",), None), (("es",), None)]
    assert set(rows[0].figures.values()) == {None}


def test_few_contacts_are_hidden_beside_many_requests_where_these_are_told_elsewhere() -> None:
    spanish = replace(REQUEST, language="es")

    rows = desk_rows(
        [*[REQUEST] * 30, *[spanish] * 40], [answered("answered", "es")] * 5, ["language"]
    )

    assert [(row.cell, row.n) for row in rows] == [(("en",), 30), (("es",), None)]
