"""The triage process on real topics."""

import asyncio
import json
import sys
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.contract.events import CaseClosed, CaseClosing, Decision, RequestSubmitted, encode
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.runtime.service import ServiceParts
from tests.integration.triage.camps import by_request, camp
from tests.integration.triage.conftest import Running
from tests.support.builders import (
    NOON,
    PIONEER_SQUARE,
    location,
    north_of,
    priority,
)
from tests.support.databases import Database
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

CAMP_KEY = "portland.gov:camp"
PORTLAND = {"jurisdiction": "portland.gov"}


def closing(decision: Decision, **changes: Any) -> CaseClosed:
    fields: dict[str, Any] = {
        "case_id": decision.case_id,
        "version": 2,
        "jurisdiction": decision.request.jurisdiction,
        "status": "completed",
        "priority": priority(),
        "service_code": decision.service_code,
        "dedup_group": decision.request.dedup_group,
        "lead_bureau": "IRP",
        "request_count": 1,
        "previous_status": "open",
        "closed_at": NOON,
    }
    return CaseClosed.of(CaseClosing(**(fields | changes)), now=NOON)


async def test_thirty_reports_of_one_camp_are_one_case_with_29_duplicates(
    running: Running, topic_log: TopicLog
) -> None:
    reports = [camp(north_of(PIONEER_SQUARE, 2 * n)) for n in range(30)]
    async with running():
        await topic_log.publish(*reports[:10])
        await topic_log.at_least(10, TRIAGE_DECISIONS)
        await topic_log.publish(*reports[10:])
        decisions = await topic_log.at_least(30, TRIAGE_DECISIONS)

    outcomes = [event.data.outcome for event in decisions]
    assert (outcomes.count("new"), outcomes.count("duplicate"), len(outcomes)) == (1, 29, 30)
    assert len({event.data.case_id for event in decisions}) == 1
    records = await topic_log.records(TRIAGE_DECISIONS)
    assert {record.key for record in records} == {decisions[0].data.case_id.encode()}


async def test_a_repeated_event_is_decided_once_and_garbage_is_parked(
    running: Running, topic_log: TopicLog
) -> None:
    event = camp()
    same_request = RequestSubmitted.of(event.data, now=NOON)
    last = camp(north_of(PIONEER_SQUARE, 500))
    async with running():
        await topic_log.publish(event, event)
        await topic_log.write(INTAKE_REQUESTS, CAMP_KEY, b"garbage")
        await topic_log.publish(same_request, last)
        await topic_log.at_least(2, TRIAGE_DECISIONS)
    async with running():
        await topic_log.publish(event, camp(north_of(PIONEER_SQUARE, 1000)))
        decisions = await topic_log.at_least(3, TRIAGE_DECISIONS)

    causes = [event.causationid for event in decisions]
    assert causes.count(event.id) == 1
    assert same_request.id not in causes
    assert len(causes) == 3
    [parked] = await topic_log.records("intake-requests-dlq")
    assert parked.value == b"garbage"


async def test_what_the_catalogue_does_not_know_is_parked_and_the_rest_is_decided(
    running: Running, topic_log: TopicLog
) -> None:
    unknown = camp(service_code="NO-SUCH-KIND")
    off_earth = camp(location=location(latitude=95.0))
    no_id = camp(request_id="17")
    async with running():
        await topic_log.publish(camp(), unknown, off_earth, no_id, camp())
        decisions = await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert [event.data.outcome for event in decisions] == ["new", "duplicate"]
    parked = await topic_log.records("intake-requests-dlq")
    assert [record.value for record in parked] == [
        encode(event) for event in (unknown, off_earth, no_id)
    ]
    assert [dict(record.headers)["code"] for record in parked] == [
        b"unknown_kind",
        b"unfit_request",
        b"unstorable",
    ]


async def test_express_is_decided_before_a_backlog_of_standard(
    running: Running, topic_log: TopicLog
) -> None:
    backlog = [camp(north_of(PIONEER_SQUARE, 100 * n)) for n in range(1_400)]
    urgent = camp(lane="express", description="tents in the right lane")
    await topic_log.publish(*backlog, urgent)
    timed_before, decided_before = _timed(), _decided()

    async with running() as parts:
        await topic_log.at_least(1_401, TRIAGE_DECISIONS)
        assert parts.pool
        order = await parts.pool.fetch(
            "SELECT value FROM outbox WHERE topic = $1 ORDER BY seq", TRIAGE_DECISIONS.name
        )

    position = [urgent.data.request_id.encode() in row["value"] for row in order].index(True)
    assert position < len(backlog) / 2, "express waited for the backlog"
    assert _timed() == timed_before + 1
    assert _decided() == decided_before + 1_401
    assert REGISTRY.get_sample_value("route311_alarm_budget", PORTLAND) == pytest.approx(0.15)


def _decided() -> float:
    """Return the number of Portland's decisions that were counted by their priority."""
    levels = ("P1", "P2", "P3", "P4", "P5")
    found = (
        REGISTRY.get_sample_value("route311_decisions_total", {**PORTLAND, "level": level})
        for level in levels
    )
    return sum(count or 0.0 for count in found)


def _timed() -> float:
    """Return the number of express requests with a measured latency."""
    return REGISTRY.get_sample_value("route311_express_seconds_count") or 0.0


async def test_late_and_out_of_order_reports_join_by_event_time(
    running: Running, topic_log: TopicLog
) -> None:
    hours = [100, 0, 160, 40, 268, 269]  # after NOON; the window is 168 h from the first to arrive
    reports = [camp(observed_at=NOON.replace(day=2 + h // 24, hour=h % 24)) for h in hours]
    async with running():
        await topic_log.publish(*reports)
        decisions = by_request(await topic_log.at_least(6, TRIAGE_DECISIONS))

    found = [decisions[report.data.request_id] for report in reports]
    assert [decision.outcome for decision in found] == [
        "new",
        "duplicate",
        "duplicate",
        "duplicate",
        "duplicate",
        "recurrence",
    ]


async def test_after_a_closing_a_new_report_is_a_recurrence_and_an_older_one_is_not(
    running: Running, topic_log: TopicLog
) -> None:
    before, after, again = (camp(observed_at=NOON.replace(day=day)) for day in (3, 5, 6))
    async with running() as parts:
        pool = parts.pool
        assert pool
        await topic_log.publish(camp())
        [first] = await topic_log.at_least(1, TRIAGE_DECISIONS)
        await topic_log.publish(closing(first.data, closed_at=NOON.replace(day=4)))
        await eventually(lambda: pool.fetchval("SELECT max(closed_at) FROM cases"))
        await topic_log.publish(before, after, again)
        decisions = by_request(await topic_log.at_least(4, TRIAGE_DECISIONS))

    assert decisions[before.data.request_id].case_id == first.data.case_id
    recurrence = decisions[after.data.request_id]
    assert recurrence.outcome == "recurrence"
    assert recurrence.duplicate
    assert recurrence.duplicate.of_case == first.data.case_id
    assert decisions[again.data.request_id].case_id == recurrence.case_id


async def test_instances_that_come_and_go_never_make_two_cases_of_one_problem(
    running: Running, topic_log: TopicLog
) -> None:
    """All reports of a group are of one spot, so each group must end as one case."""
    groups = [f"group-{n}" for n in range(24)]
    lanes = ("standard", "express")
    spots = [north_of(PIONEER_SQUARE, 300 * n) for n in range(24)]
    reports = [
        camp(spots[n % 24], dedup_group=groups[n % 24], lane=lanes[n // 24 % 2]) for n in range(960)
    ]
    async with running() as first:
        await topic_log.publish(*reports[:240])
        async with running() as second:
            await topic_log.publish(*reports[240:480])
            await eventually(lambda: _shared(first, second))
            await topic_log.publish(*reports[480:720])
            await topic_log.at_least(720, TRIAGE_DECISIONS)
        await topic_log.publish(*reports[720:])
        decisions = await topic_log.at_least(960, TRIAGE_DECISIONS)

    assert len(decisions) == 960
    assert len(by_request(decisions)) == 960
    opened = [event.data for event in decisions if event.data.outcome == "new"]
    assert sorted(decision.request.dedup_group for decision in opened) == sorted(groups)
    assert len({event.data.case_id for event in decisions}) == 24


async def _shared(*instances: ServiceParts) -> bool:
    """Return True when all have partitions; the second gets some when the first yields them."""
    return all(part.ready for parts in instances for part in parts.readiness_checks)


async def test_it_runs_alone_as_a_process_and_stops_when_asked(
    stores: Stores, database: Database, topic_log: TopicLog
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.triage",
        env={
            **stores.access.environment(),
            "TRIAGE_POSTGRES_DSN": database.dsn("triage"),
            "TRIAGE_HTTP_PORT": "0",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await topic_log.publish(camp())
        [decision] = await topic_log.at_least(1, TRIAGE_DECISIONS)
        assert decision.data.outcome == "new"
    finally:
        process.terminate()
        said, _ = await process.communicate()

    assert process.returncode == 0
    assert json.loads(said.splitlines()[-1])["event"] == "service_stopped"
