"""What triage decides as dispatch takes it: real topics from requests to cases."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from services.dispatch.app import dispatch
from services.dispatch.settings import DispatchSettings
from services.triage.app import triage
from services.triage.settings import TriageSettings
from shared.contract.events import (
    CaseOpened,
    CasePriorityRaised,
    Decision,
    NoteAdded,
    RequestReassessed,
    RequestSubmitted,
    RequestTriaged,
    WorkOrderChanged,
    WorkOrderIssued,
)
from shared.contract.topics import DISPATCH_CASES, TRIAGE_DECISIONS, bureau_work
from tests.support.builders import NOON, note_added, request_submitted
from tests.support.databases import Database
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.fixture
async def running(stores: Stores, database: Database) -> AsyncGenerator[None]:
    """Run both beside the test; when one fails, the test fails at once with its error."""
    of_triage = TriageSettings.model_validate(_settings(stores, database, "triage"))
    of_dispatch = DispatchSettings.model_validate(_settings(stores, database, "dispatch"))
    stopping = asyncio.Event()
    async with (
        triage(of_triage) as triaging,
        dispatch(of_dispatch, lambda: NOON) as dispatching,
        asyncio.TaskGroup() as group,
    ):
        for work in (*triaging.tasks, *dispatching.tasks):
            group.create_task(_run(work, stopping))
        yield
        stopping.set()


async def _run(work: Any, stopping: asyncio.Event) -> None:
    await work(stopping)


def _settings(stores: Stores, database: Database, service: str) -> dict[str, Any]:
    return {
        **stores.access.environment(),
        "postgres_dsn": database.dsn(service),
        "http_port": 0,
    }


def pothole(reporter: str | None, **changes: Any) -> RequestSubmitted:
    fields: dict[str, Any] = {
        "service_code": "ROW-POTHOLE",
        "dedup_group": "pavement",
        "description": "A pothole",
        "reporter_ref": reporter,
    }
    return request_submitted(**(fields | changes))


async def decisions(log: TopicLog, *events: RequestSubmitted) -> list[Decision]:
    """Return the decisions on these requests, in their order."""
    await log.publish(*events)
    by_request = {
        event.data.request_id: event.data
        for event in await log.at_least(len(events), TRIAGE_DECISIONS)
    }
    return [by_request[event.data.request_id] for event in events]


@pytest.mark.usefixtures("running")
async def test_the_tenth_person_who_reports_a_pothole_raises_its_case(topic_log: TopicLog) -> None:
    people = [f"person {n}" for n in range(10)]
    again = ["person 0"] * 5
    decided = await decisions(topic_log, *map(pothole, [people[0], *again, *people[1:]]))

    assert len({decision.case_id for decision in decided}) == 1
    assert decided[5].priority == decided[0].priority
    last = decided[-1].priority
    assert (last.level, last.score) == ("P3", 40)
    assert (last.reasons[-1].code, last.reasons[-1].evidence) == ("several_reporters", "10 people")
    told = await topic_log.at_least(len(decided) + 1, DISPATCH_CASES)
    [raised] = [event for event in told if isinstance(event, CasePriorityRaised)]
    assert raised.data.request_id == decided[-1].request_id
    assert (raised.data.previous_level, raised.data.priority.level) == ("P4", "P3")


@pytest.mark.usefixtures("running")
async def test_what_needs_no_work_of_the_city_opens_no_case_and_says_why(
    topic_log: TopicLog,
) -> None:
    asked, shelter, freeway = await decisions(
        topic_log,
        request_submitted(
            service_code="INFO-GENERAL",
            dedup_group="info-general",
            description="¿Qué día pasa la basura?",
            language="es",
        ),
        request_submitted(
            service_code="JUR-TRANSIT", dedup_group="jur-transit", description="Bench is broken"
        ),
        pothole("ana", description="A pothole on I-5"),
    )

    assert (asked.outcome, asked.case_id) == ("answered", None)
    assert [advice.code for advice in asked.advice] == ["garbage_day"]
    assert "503-823-7202" in asked.advice[0].text
    assert (shelter.outcome, shelter.case_id) == ("referral", None)
    assert shelter.referral
    assert shelter.referral.reason
    assert (shelter.referral.agency, shelter.referral.reason.code) == (
        "EXT-TRIMET",
        "transit_property",
    )
    assert freeway.outcome == "new"
    assert freeway.referral
    assert freeway.referral.reason
    assert freeway.referral.reason.code == "state_land"
    [opened] = await topic_log.at_least(1, DISPATCH_CASES)
    assert isinstance(opened, CaseOpened)
    assert opened.data.request_id == freeway.request_id


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("kind", "text", "lead"),
    [
        (
            "ROW-DEADANIMAL",
            "dead deer in the travel lane of NE Sandy, cars are swerving around it",
            "PBOT-MOD",
        ),
        ("TRASH-SHARPS", "jeringas en el parque infantil", "PPR-RANGERS"),
    ],
)
async def test_a_hazard_of_an_outside_agency_is_work_of_the_city_too(
    topic_log: TopicLog, kind: str, text: str, lead: str
) -> None:
    first, again, routine = await decisions(
        topic_log,
        *(
            request_submitted(service_code=kind, dedup_group=kind.lower(), description=words)
            for words in (text, text, "Please remove this")
        ),
    )

    assert (first.outcome, again.outcome, routine.outcome) == ("new", "duplicate", "referral")
    assert again.case_id == first.case_id
    assert first.referral
    assert first.referral.reason
    assert first.referral.reason.code == "hazard_now"
    [opened] = [e for e in await topic_log.at_least(2, DISPATCH_CASES) if isinstance(e, CaseOpened)]
    assert (opened.data.case_id, opened.data.lead_bureau) == (first.case_id, lead)
    issued = (await topic_log.at_least(1, bureau_work(lead)))[0]
    assert isinstance(issued, WorkOrderIssued)
    assert issued.data.case_id == first.case_id
    assert issued.data.route_rule == "hazard-to-city"


@pytest.mark.usefixtures("running")
async def test_a_note_stands_in_the_work_orders_and_a_danger_in_it_raises_the_case(
    topic_log: TopicLog,
) -> None:
    request = pothole(None)
    about = {"request_id": request.data.request_id, "dedup_group": "pavement"}
    overtaking = note_added(**about, text="It is by the tram stop")
    await topic_log.publish(overtaking)
    await topic_log.publish(request)
    await topic_log.at_least(1, bureau_work("PBOT-MAINT"))
    danger = note_added(**about, text="A live wire is down and sparking in it", lane="express")
    await topic_log.publish(danger, danger)
    decided = await topic_log.at_least(4, TRIAGE_DECISIONS)
    _, raised = await topic_log.at_least(2, DISPATCH_CASES)
    notes = (overtaking.data.text, danger.data.text)

    async def last_order() -> Any:
        orders = await topic_log.events(bureau_work("PBOT-MAINT"))
        return orders[-1] if orders and orders[-1].data.notes[-2:] == notes else None

    order = await eventually(last_order)

    assert [type(event) for event in decided] == [
        RequestTriaged,
        NoteAdded,
        NoteAdded,
        RequestReassessed,
    ]
    assert [event.id for event in decided[1:3]] == [overtaking.id, danger.id]
    assert isinstance(raised, CasePriorityRaised)
    assert (raised.data.priority.level, raised.data.request_id) == ("P1", about["request_id"])
    assert isinstance(order, WorkOrderChanged)
    assert order.data.priority.level == "P1"
