"""Work orders go to another city's Open311 endpoint, each once, and come back as updates."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.bureau import forwards as forwards_command
from cli.bureau import reconcile as reconcile_command
from cli.bureau.command import bureau
from services.dispatch.channels.forwarding.open311_client import Open311Client
from services.dispatch.channels.forwarding.open311_worker import POLL_EVERY, Open311Worker
from services.dispatch.channels.forwarding.rules.forwards import LEASE
from services.dispatch.channels.forwarding.store.forwards import ForwardQueue
from shared.catalogue import Open311Forward
from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseOpened,
    CaseStatusChange,
    CaseStatusChanged,
    RequestSubmitted,
    RequestTriaged,
    WorkOrder,
)
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.runtime.clock import utc_now
from shared.runtime.http.client import open_outgoing_calls
from shared.runtime.postgres import Pool
from tests.integration.intake.conftest import Running
from tests.support.builders import case_with_request, decision
from tests.support.databases import Database
from tests.support.dispatch.factories import ports
from tests.support.dispatch.http_access import POLICY, open_case
from tests.support.dispatch.other_city import (
    CITY,
    KIND,
    OtherCity,
    other_city,
    with_forward,
)
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import ADAPTER
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

LOOPBACK = (ip_network("127.0.0.0/8"),)
KIND_HERE = "ROW-SINKHOLE"
SEARCHED = timedelta(minutes=50)
"""How far our clock may be ahead of the city's: a search goes back an hour."""


@dataclass
class Clock:
    """A clock that tests put forward, past every wait."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Forwarder:
    """Workers of one bureau, none of which knows anything of the one before."""

    pool: Pool
    endpoint: str
    clock: Clock = field(default_factory=Clock)
    kinds: tuple[str, ...] = (KIND_HERE,)

    @property
    def to(self) -> Open311Forward:
        return Open311Forward(self.endpoint, CITY, dict.fromkeys(self.kinds, KIND), "KEY")

    @asynccontextmanager
    async def worker(self) -> AsyncGenerator[Open311Worker]:
        async with open_outgoing_calls(LOOPBACK) as calls:
            client = Open311Client(calls, self.to, ADAPTER)
            core = ports(pool=self.pool, policy=POLICY, clock=self.clock)
            yield Open311Worker(core, ForwardQueue(self.pool, LEAD), client)

    async def send_all(self) -> None:
        """Send what there is, however often it takes."""

        async def nothing_waits() -> bool:
            async with self.worker() as worker:
                while await worker.send_next():
                    pass
            self.clock.ahead = min(self.clock.ahead + timedelta(minutes=5), SEARCHED)
            return not await self.states("pending")

        await eventually(nothing_waits)

    async def poll(self) -> None:
        self.clock.ahead += POLL_EVERY
        async with self.worker() as worker:
            await worker.poll()

    async def states(self, *states: str) -> Sequence[Any]:
        return await self.pool.fetch(
            "SELECT work_order_id::text, state, reason FROM forwards WHERE state = ANY($1)", states
        )


async def opened(pool: Pool, level: str) -> WorkOrder:
    orders = await open_case(pool, sinkhole(level=level))
    return next(order for order in orders if order.bureau == LEAD)


async def status_of(pool: Pool, order: WorkOrder) -> tuple[str, str | None]:
    row = await pool.fetchrow(
        "SELECT status, external_id FROM work_orders WHERE work_order_id = $1", order.work_order_id
    )
    assert row
    return row["status"], row["external_id"]


async def submitted(log: TopicLog) -> list[RequestSubmitted]:
    topics = (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS)
    return [request for topic in topics for request in await log.events(topic)]


async def worked_on(log: TopicLog, request: RequestSubmitted, *, to_the_end: bool) -> None:
    """The other city's bureau works on a request."""
    made = decision(request.data)
    case = case_with_request(
        case_id=made.case_id, request_id=made.request_id, tracking_number=made.tracking_number
    )
    state = case.model_dump() | {"previous_status": "open"}
    work = state | {"version": 2, "status": "in_progress", "public_note": "On our way"}
    events = [
        RequestTriaged.of(made, now=utc_now()),
        CaseOpened.of(case, now=utc_now()),
        CaseStatusChanged.of(CaseStatusChange(**work), now=utc_now()),
    ]
    if to_the_end:
        done = state | {"version": 3, "status": "completed", "public_note": "Filled it"}
        closing = CaseClosing(**done, closed_at=utc_now())
        events.append(CaseClosed.of(closing, now=utc_now()))
    await log.publish(*events)


async def route311(*words: str) -> tuple[int, Any]:
    """Run a command in a thread; return its exit code and its JSON."""
    done = await asyncio.to_thread(CliRunner().invoke, bureau, [*words, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    [answer] = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done.exit_code, json.loads(answer)


async def begin_and_die(forwarder: Forwarder, city: OtherCity) -> None:
    """A worker ends between the submission and the commit, as by ``kill -9``."""
    city.faults.append("silent_after")
    async with forwarder.worker() as worker:
        sending = asyncio.create_task(worker.send_next())
        await city.took.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_each_work_order_is_there_once_whatever_fails_and_its_status_comes_back(
    running: Running,
    dispatch_pool: Pool,
    database: Database,
    topic_log: TopicLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running() as client, other_city(client) as city:
        forwarder = Forwarder(dispatch_pool, city.endpoint)
        routine = [await opened(dispatch_pool, "P4") for _ in range(5)]
        urgent = await opened(dispatch_pool, "P1")
        orders = [*routine, urgent]

        await begin_and_die(forwarder, city)
        assert [urgent.work_order_id in text for text in city.descriptions] == [True]
        async with forwarder.worker() as worker:
            other = await worker.queue.begin(forwarder.clock())
        assert other
        assert other.work_order_id != urgent.work_order_id  # which is leased
        forwarder.clock.ahead += 2 * LEASE
        city.faults += ["cut_after", "unavailable", "twice", "cut_after", "unavailable"]
        await forwarder.send_all()

        assert [row["state"] for row in await forwarder.states("sent")] == ["sent"] * len(orders)
        copies = [
            sum(order.work_order_id in text for text in city.descriptions) for order in orders
        ]
        assert copies == [1] * len(orders), (city.descriptions, forwarder.clock.ahead)

        async def all_published() -> Sequence[RequestSubmitted]:
            found = await submitted(topic_log)
            return found if len(found) >= len(city.descriptions) else ()

        requests = await eventually(all_published)
        assert len(requests) == len(city.descriptions) == len(orders)
        assert {request.data.service_code for request in requests} == {KIND}
        assert not any(request.data.reporter_ref or request.data.media for request in requests)

        by_order = {
            order.work_order_id: request
            for order in orders
            for request in requests
            if order.work_order_id in request.data.description
        }
        await worked_on(topic_log, by_order[urgent.work_order_id], to_the_end=True)
        await worked_on(topic_log, by_order[routine[0].work_order_id], to_the_end=False)
        number = by_order[urgent.work_order_id].data.public_id

        async def both_known() -> bool:
            await forwarder.poll()
            first = await status_of(dispatch_pool, urgent)
            second, _ = await status_of(dispatch_pool, routine[0])
            return (*first, second) == ("completed", number, "in_progress")

        await eventually(both_known)
        assert {(await status_of(dispatch_pool, one))[0] for one in routine[1:]} == {"acknowledged"}
        note = await dispatch_pool.fetchval(
            "SELECT parsed->>'public_note' FROM updates WHERE parsed->>'status' = 'completed'"
        )
        assert "Filled it" in note
        await forwarder.poll()
        updates = await dispatch_pool.fetchval("SELECT count(*) FROM updates")
        await forwarder.poll()
        assert await dispatch_pool.fetchval("SELECT count(*) FROM updates") == updates

        await worked_on(topic_log, by_order[routine[1].work_order_id], to_the_end=True)
        await dispatch_pool.execute(
            "UPDATE work_orders SET status = 'withdrawn' WHERE work_order_id = $1",
            routine[2].work_order_id,
        )
        monkeypatch.setenv("DISPATCH_WEBHOOK_ALLOW", "127.0.0.0/8")
        monkeypatch.setattr(reconcile_command, "find_operations_dsn", lambda _: database.admin_dsn)
        catalogue = with_forward(LEAD, forwarder.to)
        monkeypatch.setattr(reconcile_command, "load_catalogue", lambda: catalogue)

        async def found() -> Any:
            code, answer = await route311("reconcile", LEAD)
            kinds = {one["work_order_id"]: one["kind"] for one in answer["differences"]}
            return (code, kinds) if len(kinds) > 1 else None

        assert await eventually(found) == (
            1,
            {
                routine[1].work_order_id: "closed_there",
                routine[2].work_order_id: "closed_here",
            },
        )


async def test_requests_are_followed_to_the_other_ids_that_their_city_has_given_them_since(
    running: Running, dispatch_pool: Pool, topic_log: TopicLog
) -> None:
    async with running() as client, other_city(client) as city:
        forwarder = Forwarder(dispatch_pool, city.endpoint)
        orders = [await opened(dispatch_pool, "P4") for _ in range(2)]
        await forwarder.send_all()

        async def all_published() -> Sequence[RequestSubmitted]:
            found = await submitted(topic_log)
            return found if len(found) == len(orders) else ()

        requests = await eventually(all_published)
        for request in requests:  # as a city named them that had tracking numbers alone
            await dispatch_pool.execute(
                "UPDATE forwards SET service_request_id = $2 WHERE service_request_id = $1",
                request.data.public_id,
                request.data.tracking_number,
            )

        async def listed() -> bool:
            await forwarder.poll()
            return {(await status_of(dispatch_pool, one))[0] for one in orders} == {"acknowledged"}

        await eventually(listed)
        known = await dispatch_pool.fetch("SELECT service_request_id FROM forwards")

    assert {id_ for (id_,) in known} == {request.data.public_id for request in requests}


async def test_what_is_parked_is_shown_and_sent_once_an_operator_wants_it(
    running: Running,
    dispatch_pool: Pool,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(forwards_command, "find_admin_dsn", lambda _: database.admin_dsn)
    monkeypatch.setenv("ROUTE311_AUDIT_FILE", str(tmp_path / "audit.log"))
    async with running() as client, other_city(client) as city:
        forwarder = Forwarder(dispatch_pool, city.endpoint, kinds=())
        lost, order = await opened(dispatch_pool, "P1"), await opened(dispatch_pool, "P4")
        withdrawn = await opened(dispatch_pool, "P4")
        await dispatch_pool.execute(
            "UPDATE work_orders SET status = 'withdrawn' WHERE work_order_id = $1",
            withdrawn.work_order_id,
        )
        await forwarder.send_all()

        _, shown = await route311("forwards", LEAD)
        assert [one["reason"] for one in shown["forwards"]] == [
            f"unmapped_kind: {KIND_HERE} has no code there"
        ] * 3

        forwarder.kinds = (KIND_HERE,)
        ids = [order.work_order_id, withdrawn.work_order_id]
        retried = [word for id_ in ids for word in ("--retry", id_)]
        answer = await route311("forwards", LEAD, *retried, "--taken", f"{lost.work_order_id}=7")
        assert answer == (0, {"settled": 3})
        await forwarder.send_all()

        assert [order.work_order_id in text for text in city.descriptions] == [True]
        dropped = await forwarder.states("dropped")
        assert [(row["work_order_id"], row["reason"]) for row in dropped] == [
            (withdrawn.work_order_id, "withdrawn before it was sent")
        ]
        _, shown = await route311("forwards", LEAD)
        assert shown == {"forwards": [], "digests": []}
