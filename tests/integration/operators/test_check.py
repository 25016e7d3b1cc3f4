"""``route311 check`` over a whole router that has lived a little."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.stack_file import Stack
from shared.contract.events import Decoder, SubmissionReceived, WorkOrder, new_id
from shared.contract.topics import CHANNEL_SUBMISSIONS, bureau_updates, bureau_work
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds, read_range
from shared.runtime.outgoing import Outgoing
from tests.support.builders import (
    PIONEER_SQUARE,
    handed_in,
    north_of,
    submission,
    work_order_updated,
)
from tests.support.operated_router import OperatedRouter
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

POISON = b"no JSON"
BUREAU = "PBOT-MAINT"
WORK = bureau_work(BUREAU)
BREAK = """
    CREATE TABLE decided AS SELECT request_id, outcome FROM triage.decisions
     WHERE request_id = ANY ('{requests}'::uuid[]);
    UPDATE triage.decisions SET outcome = 'recurrence'
     WHERE request_id IN (SELECT request_id FROM decided);
    INSERT INTO dispatch.webhooks (bureau, url, enabled, secrets, begins_after)
    VALUES ('PBOT-MAINT', 'https://bureau.invalid/', true, '{{}}', 0)
"""
MEND = """
    UPDATE triage.decisions AS decision SET outcome = decided.outcome
      FROM decided WHERE decided.request_id = decision.request_id;
    DROP TABLE decided;
    DELETE FROM dispatch.webhooks WHERE bureau = 'PBOT-MAINT'
"""


@dataclass(frozen=True, slots=True)
class Lived:
    """Three reports of a router, and what their client saw of them."""

    router: OperatedRouter
    requests: Sequence[str]
    history: Path

    async def check(self, *options: str) -> tuple[int, dict[str, Any]]:
        """Run ``route311 check``; return its exit code and what it says."""
        return await self.router.command("check", "--settle", "60", *options)


def pothole(metres: float) -> SubmissionReceived:
    point = north_of(PIONEER_SQUARE, metres)
    place = {"latitude": point.latitude, "longitude": point.longitude}
    reporter = {"email": f"ana{metres:.0f}@example.org", "status_updates": ["email"]}
    return handed_in(submission(location=place, reporter=reporter))


async def work_orders(stack: Stack, after: OffsetRanges) -> list[WorkOrder]:
    bounds = await offset_bounds(stack.access)
    new = {p: (after[p][1], end) for p, (_, end) in bounds.items() if p.topic == WORK.name}
    decoder = Decoder[Any](WORK.events)
    return [
        decoder.decode(record.value).data
        async for records in read_range(stack.access, new)
        for record in records
    ]


async def complete(stack: Stack, order: WorkOrder) -> None:
    said = [
        work_order_updated(work_order_id=order.work_order_id, status=status)
        for status in ("acknowledged", "completed")
    ]
    topic = bureau_updates(order.bureau).name
    async with open_sink(stack.access) as sink:
        await sink.publish([Outgoing.to_topic(topic, order.case_id, update) for update in said])


def client_saw(accepted: Iterable[tuple[str, str]], poison: Iterable[bytes]) -> str:
    lines = [{"source": source, "id": id_, "outcome": "accepted"} for source, id_ in accepted]
    lines += [
        {"outcome": "poison", "topic": CHANNEL_SUBMISSIONS.name, "sha256": sha256(one).hexdigest()}
        for one in poison
    ]
    return "\n".join(map(json.dumps, lines))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lived(router: OperatedRouter, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    before = await offset_bounds(router.stack.access)
    earlier = await router.fetch("SELECT source, submission_id FROM intake.submissions")
    parked = [
        letter.value or b"" for letter in await router.records(f"{CHANNEL_SUBMISSIONS.name}-dlq")
    ]
    first, second, other = pothole(0), pothole(5), pothole(5_000)
    await router.hand_in(first, first, second, other)
    async with open_sink(router.stack.access) as sink:
        await sink.publish([Outgoing("", CHANNEL_SUBMISSIONS.name, b"adapter", POISON)])

    async def two_cases() -> list[WorkOrder]:
        orders = await work_orders(router.stack, before)
        return orders if len({order.case_id for order in orders}) == 2 else []

    [done, *_] = await eventually(two_cases, within_s=60)
    requests = await router.requests(first, second, other)
    await complete(router.stack, done)
    history = tmp_path_factory.mktemp("check") / "history.jsonl"
    accepted = [(source, id_) for source, id_ in earlier]
    accepted += [(event.source, event.id) for event in (first, second, other)]
    history.write_text(client_saw(accepted, [*parked, POISON]))
    return Lived(router, [request_id for request_id, _ in requests], history)


async def test_everything_holds_of_a_router_that_works(lived: Lived) -> None:
    code, report = await lived.check("--history", str(lived.history))
    [(requests,)] = await lived.router.fetch("SELECT count(*) FROM intake.requests")

    assert [one for one in report["invariants"] if not one["holds"]] == []
    assert code == 0
    assert report["holds"]
    assert report["requests"] == requests
    assert [one["id"] for one in report["invariants"]] == [f"I{n}" for n in range(1, 19)]


async def test_a_bureau_is_told_what_is_wrong_with_its_updates(lived: Lived) -> None:
    late = work_order_updated(work_order_id=new_id(), status="completed")
    async with open_sink(lived.router.stack.access) as sink:
        await sink.publish([Outgoing.to_topic(bureau_updates(BUREAU).name, "case", late)])

    async def told() -> list[dict[str, Any]]:
        code, report = await lived.router.command("bureau", "check", BUREAU)
        assert code in {0, 1}
        return [one for one in report["findings"] if one["code"] == "unknown_work_order"]

    [finding] = await eventually(told, within_s=60)
    assert late.id in finding["sentence"]


async def test_contact_data_in_logs_are_named_by_place_and_kind_alone(
    lived: Lived, tmp_path: Path
) -> None:
    assert (await lived.check("--logs", str(lived.router.data / "logs")))[0] == 0
    (tmp_path / "intake.log").write_text('{"event": "ready"}\n{"event": "from ANA0@example.org"}\n')
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "notify.log").write_text("sent to +1 (503) 555-0123\n")

    code, report = await lived.check("--logs", str(tmp_path))

    [broken] = [one for one in report["invariants"] if not one["holds"]]
    assert (code, broken["id"]) == (1, "I7")
    assert {v["what"]: v["ids"] for v in broken["violations"]} == {
        "a line of a log with a reporter's address or number": ["intake.log:2: e-mail address"],
        "a line of a log with an address or number that no reporter has now": [
            "old/notify.log:1: phone number"
        ],
    }
    assert "ana0" not in json.dumps(report).lower()


async def test_what_is_broken_is_named_and_ends_with_exit_code_1(lived: Lived) -> None:
    requests = ",".join(lived.requests)
    await lived.router.execute(BREAK.format(requests=f"{{{requests}}}"))

    code, report = await lived.check()
    await lived.router.execute(MEND)

    triage, webhook = [one for one in report["invariants"] if not one["holds"]]
    assert code == 1
    assert (triage["id"], triage["count"]) == ("I12", 3)
    assert len(triage["violations"][0]["ids"]) == 3
    assert webhook["id"] == "I15"
    assert {v["what"] for v in webhook["violations"]} == {
        "an event that waits for no call of an enabled webhook"
    }
