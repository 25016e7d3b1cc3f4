"""Dead letters over HTTP, on a real Kafka and a real PostgreSQL."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from services.intake.store.erasure import erased_among
from shared.contract.events import new_id
from shared.contract.topics import INTAKE_CONTACTS, INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.runtime.dead_letter_api import letter_routes
from shared.runtime.http.api_keys import store_keys
from shared.runtime.http.authentication import Callers
from shared.runtime.http.server import serve_http
from shared.runtime.kafka import Record
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool, open_pool
from shared.runtime.recovery.dead_letters import DLQ_HEADERS, parse_dead_letter
from shared.runtime.recovery.own_letters import OwnLetters, replayed_topics
from tests.integration.runtime.conftest import RunConsumer
from tests.support.databases import Database
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

DLQ, CONTACTS_DLQ = "intake-requests-dlq", f"{INTAKE_CONTACTS.name}-dlq"
KEY = "portland.gov:pavement"
OPERATOR, CONSOLE, BUREAU = "a key of an operator", "the key of the console", "a key of a bureau"
ADDRESS = "ana@example.org"
BECAUSE = {"actor": "Kim", "reason": "the fault is mended"}


class Api:
    """Calls with a key; an answer is its status and its JSON."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str, key: str = OPERATOR) -> tuple[int, Any]:
        return await self._call("GET", path, key)

    async def post(
        self, path: str, key: str = OPERATOR, role: str = "", **body: Any
    ) -> tuple[int, Any]:
        return await self._call("POST", path, key, role, json=body)

    async def _call(
        self, method: str, path: str, key: str, role: str = "", **sent: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key}", **({"Route311-Role": role} if role else {})}
        path = f"/v1/dead-letters/intake{path}"
        async with self._session.request(method, path, headers=headers, **sent) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def intake(database: Database) -> AsyncGenerator[Pool]:
    """The tables of intake, which owns the topics, and its relay."""
    stopping = asyncio.Event()
    async with open_pool(database.dsn("intake")) as pool, asyncio.TaskGroup() as group:
        group.create_task(Relay(pool, database.stores.access).run(stopping))
        yield pool
        stopping.set()


@pytest.fixture
async def api(database: Database, intake: Pool) -> AsyncGenerator[Api]:
    keys = [("Olga", "operator", OPERATOR), ("console", "operator", CONSOLE)]
    await store_keys(database.admin_dsn, "intake", [*keys, ("PARKS", "bureau", BUREAU)])  # type: ignore[list-item]
    callers = Callers.of(intake, key_per_second=1_000, address_per_second=1_000, proxies=())
    letters = OwnLetters(
        "intake", database.stores.access, intake, replayed_topics("intake"), erased_among
    )
    routes, stopping = letter_routes(callers, letters), asyncio.Event()
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=stopping) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield Api(session)


async def ready() -> None:
    return None


async def letters_in(topic_log: TopicLog, count: int, topic: str = DLQ) -> list[Record]:
    async def enough() -> list[Record]:
        found = await topic_log.records(topic)
        return sorted(found, key=lambda one: one.offset) if len(found) >= count else []

    return await eventually(enough)


async def park(topic_log: TopicLog, topic: str, key: str, value: bytes, **headers: bytes) -> Record:
    """Write a dead letter as a reader of the topic does."""
    texts = {"service": "notify", "code": "permanent", "reason": "bad", "source": f"{topic}/0/0"}
    assert texts.keys() == set(DLQ_HEADERS)
    own = [(name, text.encode()) for name, text in texts.items()]
    record = Outgoing("", f"{topic}-dlq", key.encode(), value, [*headers.items(), *own])
    before = len(await topic_log.records(f"{topic}-dlq"))
    await topic_log.send([record])
    return (await letters_in(topic_log, before + 1, f"{topic}-dlq"))[-1]


async def test_a_letter_is_listed_without_its_bytes_and_replayed_once(
    api: Api, run_consumer: RunConsumer, topic_log: TopicLog
) -> None:
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, ADDRESS.encode(), colour=ADDRESS.encode())
        [record] = await letters_in(topic_log, 1)
    one = f"/{DLQ}/{record.offset}"

    _, topics = await api.get("")
    _, listed = await api.get(f"/{DLQ}?limit=1")
    shown = await api.get(one)
    first = await api.post(f"{one}/replay", **BECAUSE)
    second = await api.post(f"{one}/replay", again=True, **BECAUSE)

    assert DLQ in {one["topic"] for one in topics["topics"]}
    [letter] = listed["letters"]
    assert shown == (200, letter)
    assert letter["place"] == f"{DLQ}/0/{record.offset}"
    assert (letter["standing"], letter["code"]) == ("waiting", "undecodable_event")
    assert ADDRESS not in f"{listed}"
    assert first == (200, {"place": letter["place"], "topic": "intake-requests"})
    assert (second[0], second[1]["code"]) == (409, "replayed")

    async def both() -> Any:
        found = await topic_log.records(INTAKE_REQUESTS)
        return found if len(found) == 2 else None

    original, again = await eventually(both)
    assert (original.value, original.headers) == (again.value, again.headers)
    assert (await api.get(one))[1]["standing"] == "replayed"


async def test_what_came_back_is_replayed_again_only_when_asked(
    api: Api, run_consumer: RunConsumer, topic_log: TopicLog
) -> None:
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, b"garbage")
        [record] = await letters_in(topic_log, 1)
        await api.post(f"/{DLQ}/{record.offset}/replay", **BECAUSE)
        _, copy = await letters_in(topic_log, 2)

    refused = await api.post(f"/{DLQ}/{copy.offset}/replay", **BECAUSE)
    asked = await api.post(f"/{DLQ}/{copy.offset}/replay", again=True, **BECAUSE)

    assert (refused[0], refused[1]["code"]) == (409, "came_back")
    assert asked[0] == 200


async def test_pages_have_each_letter_once_newest_first(api: Api, topic_log: TopicLog) -> None:
    parked = [await park(topic_log, "intake-mail-returns", "a", b"%d" % n) for n in range(3)]
    offsets, query = list[int](), "limit=2"
    while len(offsets) < len(parked):
        _, page = await api.get(f"/intake-mail-returns-dlq?{query}")
        offsets += [one["offset"] for one in page["letters"]]
        query = f"limit=2&after={page['next']}"

    assert offsets[:3] == [one.offset for one in reversed(parked)]


async def test_bytes_are_shown_to_supervisors_and_audited(api: Api, topic_log: TopicLog) -> None:
    record = await park(topic_log, INTAKE_REQUESTS.name, KEY, ADDRESS.encode(), colour=b"\xff")
    one = f"/{DLQ}/{record.offset}"

    with capture_logs() as logs:
        status, shown = await api.post(f"{one}/bytes", CONSOLE, "supervisor", **BECAUSE)
        await api.post(f"{one}/replay", CONSOLE, "admin", **BECAUSE)

    assert status == 200
    assert b64decode(shown["value_base64"]) == ADDRESS.encode()
    assert shown["headers"] == {"colour": "\xff"}
    seen, replayed = (line for line in logs if line.get("audit"))
    assert (seen["event"], replayed["event"]) == ("bytes_shown", "dead_letter_replayed")
    for line in (seen, replayed):
        assert line["record"] == f"{DLQ}/0/{record.offset}"
        assert (line["actor"], line["operator"]) == ("Kim", "console")
        assert line["reason"] == BECAUSE["reason"]
    assert ADDRESS not in f"{logs}"


async def test_letters_of_an_erased_person_are_neither_shown_nor_replayed(
    api: Api, intake: Pool, topic_log: TopicLog
) -> None:
    request_id = new_id()
    await _erased_request(intake, request_id)
    named = await park(topic_log, INTAKE_REQUESTS.name, KEY, ADDRESS.encode())
    contact = await park(topic_log, INTAKE_CONTACTS.name, request_id, ADDRESS.encode())
    content = parse_dead_letter(named).content
    await intake.execute("INSERT INTO erased_records (content) VALUES ($1)", content)

    for one in (f"/{DLQ}/{named.offset}", f"/{CONTACTS_DLQ}/{contact.offset}"):
        assert (await api.get(one))[1]["standing"] == "erased"
        for call in ("bytes", "replay"):
            status, refused = await api.post(f"{one}/{call}", **BECAUSE)
            assert (status, refused["code"]) == (409, "erased")


async def test_another_replay_that_runs_excludes_this_one(
    api: Api, intake: Pool, topic_log: TopicLog
) -> None:
    record = await park(topic_log, INTAKE_REQUESTS.name, KEY, b"x")
    async with intake.acquire() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(hashtext('route311 replays'))")
        status, refused = await api.post(f"/{DLQ}/{record.offset}/replay", **BECAUSE)

    assert (status, refused["code"]) == (409, "replay_under_way")
    assert (await api.get(f"/{DLQ}/{record.offset}"))[1]["standing"] == "waiting"


@pytest.mark.parametrize(
    ("key", "role", "status"),
    [
        ("no key", "", 401),
        (BUREAU, "", 403),
        (CONSOLE, "", 403),
        (CONSOLE, "dispatcher", 403),
        (OPERATOR, "captain", 403),
    ],
)
async def test_only_operators_and_the_consoles_supervisors_act(
    api: Api, topic_log: TopicLog, key: str, role: str, status: int
) -> None:
    record = await park(topic_log, INTAKE_REQUESTS.name, KEY, b"x")
    for call in ("bytes", "replay"):
        answer = await api.post(f"/{DLQ}/{record.offset}/{call}", key, role, **BECAUSE)
        assert answer[0] == status
    if key in {"no key", BUREAU}:
        for path in ("", f"/{DLQ}", f"/{DLQ}/{record.offset}"):
            assert (await api.get(path, key))[0] == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/triage-decisions-dlq", 404),
        ("/intake-requests", 404),
        (f"/{DLQ}?limit=0", 422),
        (f"/{DLQ}?after=x", 400),
        (f"/{DLQ}/{2**63 - 1}", 404),
        (f"/{DLQ}/-1", 404),
        (f"/{DLQ}/x", 404),
    ],
)
async def test_what_this_service_does_not_replay_is_not_found(
    api: Api, path: str, status: int
) -> None:
    assert (await api.get(path))[0] == status


async def test_a_letter_of_another_services_topic_is_neither_shown_nor_replayed(
    api: Api, topic_log: TopicLog
) -> None:
    record = await park(topic_log, TRIAGE_DECISIONS.name, KEY, b"x")
    one = f"/{TRIAGE_DECISIONS.name}-dlq/{record.offset}"

    answers = [await api.get(one)]
    answers += [await api.post(f"{one}/{call}", **BECAUSE) for call in ("bytes", "replay")]

    assert [(status, found["code"]) for status, found in answers] == [(404, "unknown_letter")] * 3


@pytest.mark.parametrize(
    ("body", "field"),
    [({"actor": "Kim"}, "reason"), ({"actor": " ", "reason": "x"}, "actor"), ({"x": 1}, "x")],
)
async def test_a_call_without_a_name_and_a_reason_is_refused(
    api: Api, topic_log: TopicLog, body: Mapping[str, Any], field: str
) -> None:
    record = await park(topic_log, INTAKE_REQUESTS.name, KEY, b"x")
    for call in ("bytes", "replay"):
        status, refused = await api.post(f"/{DLQ}/{record.offset}/{call}", **body)
        assert status == 422
        assert field in {one["field"] for one in refused["errors"]}


async def _erased_request(intake: Pool, request_id: str) -> None:
    await intake.execute(
        """
        INSERT INTO requests (request_id, tracking_number, jurisdiction, service_code,
                              submitted_at, contact)
        VALUES ($1, '26-1234-567890', 'portland.gov', 'ROW-POTHOLE', now(), 'erased')
        """,
        request_id,
    )
