"""``route311 erase`` on a whole router: the contact is readable nowhere, whatever comes after."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack_file import Stack
from deploy.local.supervisor import running_stack
from shared.contract.events import ContactGiven, SubmissionReceived, encode, new_id
from shared.contract.topics import CHANNEL_SUBMISSIONS, INTAKE_CONTACTS
from shared.runtime.kafka import Record, open_sink
from shared.runtime.kafka.reader import offset_bounds, read_range
from shared.runtime.outgoing import Outgoing
from tests.builders import PIONEER_SQUARE, contact_given, handed_in, north_of, submission
from tests.temporary_folders import let_others_in
from tests.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

PROGRAM = Path(sys.executable).with_name("route311")
_metres = iter(range(0, 1_000_000, 5_000))


@dataclass(frozen=True, slots=True)
class Router:
    """A running router."""

    stack: Stack
    data: Path

    async def command(self, *arguments: str) -> tuple[int, Any]:
        """Run ``route311`` with ``--json``; return exit code and output."""
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *(*arguments, "--json", "--data", str(self.data)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, errors = await process.communicate()
        assert said, errors
        return process.returncode or 0, json.loads(said)

    async def fetch(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(self.stack.postgres)
        try:
            found: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
            return found
        finally:
            await connection.close()

    async def hand_in(self, *events: SubmissionReceived) -> None:
        topic = CHANNEL_SUBMISSIONS.name
        async with open_sink(self.stack.kafka) as sink:
            await sink.publish([Outgoing.to_topic(topic, "adapter", event) for event in events])

    async def requests(self, *events: SubmissionReceived) -> list[tuple[str, str]]:
        """Return id and tracking number of the requests, once their reporters were written to."""

        async def all_there() -> Sequence[asyncpg.Record]:
            rows = await self.fetch(
                "SELECT submission_id, r.request_id::text, r.tracking_number"
                "  FROM intake.submissions JOIN intake.requests AS r"
                "    ON convert_from(receipt, 'UTF8')::json #>> '{data,request_id}'"
                "       = r.request_id::text"
                "  JOIN notify.deliveries AS d ON d.request_id = r.request_id"
                " WHERE submission_id = ANY($1::text[]) AND d.state IN ('sent', 'suppressed')",
                [event.id for event in events],
            )
            return rows if len(rows) == len(events) else ()

        found = {row[0]: (row[1], row[2]) for row in await eventually(all_there, within_s=60)}
        return [found[event.id] for event in events]

    async def records(self, topic: str) -> list[Record]:
        bounds = await offset_bounds(self.stack.kafka)
        ranges = {p: offsets for p, offsets in bounds.items() if p.topic == topic}
        return [r async for batch in read_range(self.stack.kafka, ranges) for r in batch]

    async def last_contact(self, request_id: str) -> bytes | None:
        """Return the value of the last record on the topic of contacts, which compaction keeps."""
        found = [
            record.value
            for record in await self.records(INTAKE_CONTACTS.name)
            if record.key == request_id.encode()
        ]
        return found[-1]

    async def all_published(self) -> None:
        async def published() -> bool:
            return not await self.fetch("SELECT FROM intake.outbox WHERE NOT published")

        await eventually(published, within_s=60)

    async def read_by_intake(self, event: SubmissionReceived) -> None:
        """Hand in a submission and wait until intake has read it, and all before it."""
        await self.hand_in(event)

        async def is_read() -> bool:
            sql = "SELECT FROM intake.submissions WHERE submission_id = $1"
            return bool(await self.fetch(sql, event.id))

        await eventually(is_read, within_s=60)

    async def readable(self, needle: str) -> list[str]:
        """Return the tables that hold the text, and the topics whose last record of a key does."""
        found = []
        for table, column in (
            ("notify.requests", "requests::text"),
            ("intake.requests", "requests::text"),
            ("intake.submissions", "convert_from(coalesce(body, ''), 'UTF8')"),
            ("intake.outbox", "convert_from(coalesce(value, ''), 'UTF8')"),
            ("notify.outbox", "convert_from(coalesce(value, ''), 'UTF8')"),
            ("intake.deferred", "convert_from(coalesce(value, ''), 'UTF8')"),
        ):
            statement = f"SELECT FROM {table} WHERE {column} ILIKE $1"
            found += [table for _ in await self.fetch(statement, f"%{needle}%")]
        last = {r.key: r.value for r in await self.records(INTAKE_CONTACTS.name)}
        return found + [
            "intake-contacts" for value in last.values() if needle in str(value).lower()
        ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Router]:
    folder = let_others_in(tmp_path_factory.mktemp("erase"))
    async with running_stack(folder / "data") as stack:
        yield Router(stack, folder / "data")


def report(email: str, **changes: Any) -> SubmissionReceived:
    point = north_of(PIONEER_SQUARE, next(_metres) % 9_000)
    place = {"latitude": point.latitude, "longitude": point.longitude}
    reporter = {"name": "Quilla", "email": email, "status_updates": ["email"]}
    reporter |= changes.pop("reporter", {})
    return handed_in(submission(location=place, reporter=reporter, **changes))


async def test_a_person_is_erased_everywhere_and_nothing_brings_them_back(router: Router) -> None:
    email = "ana.everywhere@example.org"
    one, two, other = report(email), report(email.upper()), report("bea@example.org")
    wrong = report(email, service_code="NO-SUCH-KIND")
    await router.hand_in(one, two, other, wrong)
    poison = f'{{"mail": "{email}"'.encode()
    async with open_sink(router.stack.kafka) as sink:
        await sink.publish([Outgoing("", CHANNEL_SUBMISSIONS.name, b"adapter", poison)])
    requests = await router.requests(one, two, other)
    await eventually(lambda: router.records("channel-submissions-dlq"))
    numbers = sorted(number for _, number in requests[:2])

    _, planned = await router.command("erase", "--email", email, "--dry-run")
    assert await router.readable(email)
    code, done = await router.command("erase", "--email", email)

    assert code == 0
    assert planned == done | {"dry_run": True}
    assert done["requests"] == numbers
    assert done["removed"]["contacts"] == 2
    assert done["removed"]["submissions"] == 1
    assert done["removed"]["dead_letters"] == 1
    assert await router.readable(email) == []
    assert [await router.last_contact(r) is None for r, _ in requests] == [True, True, False]

    # nobody can tell that they ever wrote
    _, again = await router.command("erase", "--email", email)
    _, never = await router.command("erase", "--email", "never@example.org")
    assert again | {"subject": ""} == never | {"subject": ""}

    # republishing, delivering again and replaying bring nothing back
    assert (await router.command("republish", "--since", "1h"))[0] == 0
    await router.hand_in(one, wrong)
    _, replayed = await router.command("dlq", "replay")
    _, rejected = await router.command("dlq", "replay", "--rejected")
    await router.read_by_intake(report("carla@example.org"))
    await router.all_published()
    assert await router.readable("quilla") != []  # Bea's
    # what nobody can read is parked once more; it is in the outbox until that is erased, too
    assert set(await router.readable(email)) <= {"intake.outbox"}
    await router.command("erase", "--email", email)
    assert await router.readable(email) == []
    assert (await router.command("dlq", "replay", "--again"))[1]["sent"] == 0
    assert (replayed["sent"], rejected["sent"]) == (0, 0)
    count = "SELECT count(*) FROM intake.submissions WHERE submission_id = $1"
    assert [(await router.fetch(count, e.id))[0][0] for e in (one, wrong)] == [1, 1]


async def test_what_was_parked_is_listed_as_erased_and_its_bytes_are_shown_to_nobody(
    router: Router,
) -> None:
    email = "ana.parked@example.org"
    async with open_sink(router.stack.kafka) as sink:
        value = f"no JSON, from {email}".encode()
        await sink.publish([Outgoing("", CHANNEL_SUBMISSIONS.name, email.encode(), value)])

    async def parked() -> list[Record]:
        found = await router.records("channel-submissions-dlq")
        return [record for record in found if email.encode() in (record.value or b"")]

    [record] = await eventually(parked, within_s=30)
    place = f"{record.topic}/{record.partition}/{record.offset}"
    await router.command("erase", "--email", email)

    _, shown = await router.command("dlq", "show", place, "--bytes")
    _, replayed = await router.command("dlq", "replay", "--again")

    assert shown["standing"] == "erased"
    assert "value_base64" not in shown
    assert "key" not in shown
    assert shown["headers"] == {}
    assert replayed["sent"] == 0


async def test_by_number_only_that_request_is_erased_and_what_was_due_is_not_sent(
    router: Router,
) -> None:
    email = "ana.one@example.org"
    one, two = report(email), report(email)
    await router.hand_in(one, two)
    (first, number), (second, _) = await router.requests(one, two)
    await router.fetch(
        "UPDATE notify.deliveries SET state = 'pending', not_before = now() + interval '1 hour'"
        " WHERE request_id = $1::text::uuid",
        first,
    )

    code, done = await router.command("erase", "--request", number.lower().replace("-", ""))

    assert (code, done["requests"], done["removed"]["messages"]) == (0, [number], 1)
    assert await router.last_contact(first) is None
    assert await router.last_contact(second) is not None
    states = "SELECT state, reason FROM notify.deliveries WHERE request_id = $1::text::uuid"
    assert [tuple(row) for row in await router.fetch(states, first)] == [("suppressed", "erased")]
    kept = "SELECT FROM notify.requests WHERE request_id = $1::text::uuid AND mailbox IS NOT NULL"
    assert len(await router.fetch(kept, second)) == 1
    _, unknown = await router.command("erase", "--request", "26-0000-00")
    _, again = await router.command("erase", "--request", number)
    assert again | {"subject": ""} == unknown | {"subject": ""}


async def test_a_telephone_number_in_any_format_names_its_owner(router: Router) -> None:
    one = report("ana.phone@example.org", reporter={"phone": "(503) 555-0142"})
    await router.hand_in(one)
    [(request_id, number)] = await router.requests(one)

    _, done = await router.command("erase", "--phone", "503.555.0142")

    assert done["requests"] == [number]
    assert await router.last_contact(request_id) is None


async def test_older_tables_that_come_back_are_erased_by_the_tombstones_on_the_topic(
    router: Router,
) -> None:
    email = "ana.restored@example.org"
    one = report(email)
    await router.hand_in(one)
    [(request_id, _)] = await router.requests(one)
    await router.command("erase", "--email", email)
    contact = contact_given(request_id, email=email)
    await restore(router, contact)

    assert set(await router.readable(email)) == {"notify.requests", "intake.outbox"}
    assert (await router.command("republish", "--since", "1h"))[0] == 0
    await router.all_published()
    assert await router.readable(email) == ["notify.requests"]
    await restore(router, contact)
    _, done = await router.command("erase", "--restored")

    assert request_id in done["requests"]
    assert await router.readable(email) == []


async def restore(router: Router, contact: ContactGiven) -> None:
    """Put back what an older copy of the database holds."""
    request_id, email = contact.data.request_id, contact.data.email
    await router.fetch(
        "INSERT INTO intake.outbox (bucket, event_id, topic, key, value, published)"
        " VALUES (0, $1, 'intake-contacts', $2, $3, true)",
        *(contact.id, request_id.encode(), encode(contact)),
    )
    await router.fetch(
        "UPDATE notify.requests SET mailbox = $2, person = 'ana', erased = false"
        " WHERE request_id = $1::text::uuid",
        *(request_id, email),
    )
    await router.fetch(
        "UPDATE intake.requests SET contact = 'given' WHERE request_id = $1::text::uuid", request_id
    )


async def test_a_flood_is_held_shown_without_the_address_and_released_or_dropped(
    router: Router,
) -> None:
    email = "ana.flooded@example.org"
    await router.hand_in(*(report(email, description=f"Hole {new_id()}") for _ in range(25)))

    async def listed() -> list[dict[str, Any]]:
        _, said = await router.command("notify", "held")
        return [one for one in said["held"] if one["messages"] == 5]

    [held] = await eventually(listed, within_s=60)
    assert held["requests"] == 5
    assert email not in json.dumps(held)
    mails = "SELECT count(*) FROM notify.deliveries JOIN notify.requests USING (request_id)"
    sent = f"{mails} WHERE mailbox = $1 AND state IN ('sent', 'sending', 'pending')"
    assert (await router.fetch(sent, email))[0][0] == 20

    _, released = await router.command("notify", "held", "--release", held["contact"])
    assert released == {"released": 5}
    assert (await router.command("notify", "held"))[1] == {"held": []}
    assert (await router.fetch(sent, email))[0][0] == 25
    assert (await router.command("notify", "held", "--drop", held["contact"]))[1] == {"dropped": 0}


async def test_at_the_end_every_invariant_holds(router: Router) -> None:
    code, found = await router.command("check", "--settle", "60")

    assert code == 0, [one for one in found["invariants"] if not one["holds"]]
    assert [one["id"] for one in found["invariants"]][-1] == "I13"
