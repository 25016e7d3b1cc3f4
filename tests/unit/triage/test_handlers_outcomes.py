from typing import Any

import pytest

from shared.contract.events import (
    Media,
)
from tests.support.triage.factories import (
    HERE,
    at,
    messages,
    submitted,
)
from tests.support.triage.fakes import InMemoryTriageStore
from tests.unit.triage.harness import decided, events_of


async def test_reports_at_a_stand_in_for_unknown_are_never_the_same_place() -> None:
    events = [submitted(location=at(HERE, precision="default")) for _ in range(3)]

    assert [d.outcome for d in await decided(InMemoryTriageStore(), *events)] == ["new"] * 3


@pytest.mark.parametrize(
    ("changes", "agency"),
    [
        pytest.param({"location": at(HERE, municipality="hilltop")}, "hilltop", id="a neighbour"),
        pytest.param({"service_code": "TRANSIT"}, "EXT-TRANSIT", id="an outside lead"),
    ],
)
async def test_what_is_not_the_citys_is_referred_each_time_without_a_case(
    changes: dict[str, Any], agency: str
) -> None:
    cases = InMemoryTriageStore()
    decisions = await decided(cases, submitted(**changes), submitted(**changes))

    for decision in decisions:
        assert (decision.outcome, decision.case_id) == ("referral", None)
        assert decision.referral is not None
        assert decision.referral.agency == agency
    assert cases.cases == {}


@pytest.mark.parametrize(
    ("language", "asked", "text"),
    [
        (None, "What is the trash day?", "Trash goes on Monday."),
        ("es", "¿Cuál es el día de la basura?", "La basura sale el lunes."),
    ],
)
async def test_a_question_is_answered_each_time_without_a_case(
    language: str | None, asked: str, text: str
) -> None:
    cases = InMemoryTriageStore()
    question = {"service_code": "OTHER", "description": asked, "language": language}
    decisions = await decided(cases, submitted(**question), submitted(**question))

    for decision in decisions:
        assert (decision.outcome, decision.case_id) == ("answered", None)
        assert [(a.code, a.text) for a in decision.advice] == [("trash_day", text)]
    assert cases.cases == {}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        pytest.param({"description": "What is the trash day? Fire!"}, "new", id="a danger"),
        pytest.param(
            {"description": "What is the trash day? You missed it"}, "new", id="a trouble"
        ),
        pytest.param({"attributes": {"size": "large"}}, "new", id="answers to questions of ours"),
        pytest.param({"attributes": {"topic": "it burns, fire"}}, "new", id="a danger in answers"),
        pytest.param({"media": (Media(url="https://example.org/1.jpg"),)}, "new", id="a picture"),
        pytest.param({"service_code": "LIGHT"}, "new", id="a kind that is no question"),
        pytest.param({"service_code": "PERMIT"}, "answered", id="a kind of the answer's own"),
        pytest.param({"attributes": {"topic": "trash"}}, "answered", id="what it is about"),
        pytest.param(
            {"location": at(HERE, municipality="hilltop")}, "referral", id="at a neighbour's"
        ),
    ],
)
async def test_only_plain_questions_are_answered(changes: dict[str, Any], outcome: str) -> None:
    question = {"service_code": "OTHER", "description": "What is the trash day?"}

    [decision] = await decided(InMemoryTriageStore(), submitted(**(question | changes)))

    assert decision.outcome == outcome
    assert (decision.case_id is None) == (outcome != "new")
    assert [a.code for a in decision.advice if a.code != "call_911"] == (
        ["trash_day"] if outcome == "answered" else []
    )


async def test_the_key_of_a_decision_without_case_is_the_request() -> None:
    event = submitted(service_code="TRANSIT")
    caused, _ = await events_of(InMemoryTriageStore(), event)

    assert messages(caused)[0].record.topic == "triage-decisions"
    assert (caused.subject, caused.correlationid, caused.causationid) == (
        event.data.request_id, event.data.request_id, event.id,
    )  # fmt: skip


async def test_an_outside_agency_that_acts_beside_the_city_is_named_and_there_is_a_case() -> None:
    [decision] = await decided(InMemoryTriageStore(), submitted(service_code="WIRE"))

    assert decision.outcome == "new"
    assert decision.case_id
    assert decision.referral is not None
    assert decision.referral.agency == "EXT-UTILITY"


async def test_a_second_report_of_a_sparking_line_is_a_duplicate_and_an_emergency() -> None:
    events = [
        submitted(service_code="WIRE", description="line down"),
        submitted(service_code="WIRE", description="Está que echa chispas", language="es"),
    ]

    quiet, sparking = await decided(InMemoryTriageStore(), *events)

    assert (quiet.emergency, quiet.advice) == (None, ())
    assert sparking.outcome == "duplicate"
    assert sparking.emergency is not None
    assert sparking.emergency.code == "live_wire"
    assert sparking.emergency.evidence == "echa chispas"
    assert [advice.code for advice in sparking.advice] == ["call_911"]
    assert "llame al 911" in sparking.advice[0].text
    assert sparking.priority.level == "P1"


async def test_an_emergency_at_a_neighbours_is_both() -> None:
    [decision] = await decided(
        InMemoryTriageStore(),
        submitted(description="a tent is on fire", location=at(HERE, municipality="hilltop")),
    )

    assert decision.outcome == "referral"
    assert decision.emergency is not None
    assert decision.priority.level == "P1"
