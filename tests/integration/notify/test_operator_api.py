"""The operators' API: messages by state, and the decision about held ones."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from services.notify.channels.operator_api.channel import message_routes
from shared.contract.events import NotificationSent, new_id
from shared.contract.topics import NOTIFY_DELIVERIES
from shared.runtime.http.api_keys import store_keys
from shared.runtime.http.server import serve_http
from shared.runtime.http.staff import ACTOR
from shared.runtime.postgres import Pool
from tests.integration.notify.conftest import RunNotify
from tests.integration.notify.stores import PostgresStores, add, due
from tests.integration.notify.test_notify import report
from tests.support.databases import Database
from tests.support.notify.factories import delivery, ports
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

OPERATOR, BUREAU = "a key of an operator", "a key of a bureau"
MAILBOX = "flooded@example.org"
LET_THROUGH, HELD = 20, 3
NOT_YET = {429, 503}
NO_ONE = "0" * 32
_CHANGE_SQL = """
    UPDATE deliveries SET state = $1 WHERE request_id = $2 RETURNING notification_id::text
"""


class Operator:
    """Calls with a key; an answer is its status and its JSON."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str, key: str = OPERATOR) -> tuple[int, Any]:
        return await self._call("GET", path, key)

    async def post(self, path: str, key: str = OPERATOR, **headers: str) -> tuple[int, Any]:
        return await self._call("POST", path, key, **headers)

    async def _call(self, method: str, path: str, key: str, **more: str) -> tuple[int, Any]:
        """Call again while the key has called too often, or the database is slow."""
        headers = {"Authorization": f"Bearer {key}", **more}

        async def answered() -> tuple[int, Any] | None:
            async with self._session.request(method, path, headers=headers) as response:
                answer = await response.json()
            return None if response.status in NOT_YET else (response.status, answer)

        found = await eventually(answered)
        assert found
        return found


@asynccontextmanager
async def serving(database: Database, routes: Sequence[Any]) -> AsyncGenerator[Operator]:
    keys = [("Olga", "operator", OPERATOR), ("PARKS", "bureau", BUREAU)]
    await store_keys(database.admin_dsn, "notify", keys)  # type: ignore[arg-type]
    stopping = asyncio.Event()
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=stopping) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield Operator(session)


async def ready() -> None:
    return None


@pytest.fixture
async def operator(pool: Pool, database: Database) -> AsyncGenerator[Operator]:
    async with serving(database, message_routes(ports(pool))) as operator:
        yield operator


async def test_a_flood_is_held_until_an_operator_releases_it_and_no_answer_names_the_mailbox(
    running: RunNotify, database: Database, mail: MailServer, topic_log: TopicLog
) -> None:
    reports = [event for _ in range(LET_THROUGH + HELD) for event in report(MAILBOX)]
    async with running() as parts, serving(database, parts.routes) as operator:
        await topic_log.publish(*reports)

        async def all_held() -> Any:
            _, answer = await operator.get("/v1/messages/held")
            return next((one for one in answer["held"] if one["messages"] == HELD), None)

        contact = (await eventually(all_held))["contact"]
        _, listed = await operator.get("/v1/messages?state=held")
        _, suppressed = await operator.get("/v1/messages?state=suppressed")
        released = await operator.post(f"/v1/messages/held/{contact}/release")
        again = await operator.post(f"/v1/messages/held/{contact}/release")

        async def sent() -> bool | None:
            published = await topic_log.events(NOTIFY_DELIVERIES)
            ids = {e.data.notification_id for e in published if isinstance(e, NotificationSent)}
            return {one["notification_id"] for one in listed["messages"]} <= ids or None

        await eventually(sent)

    assert released == (200, {"contact": contact, "count": HELD})
    assert again == (200, {"contact": contact, "count": 0})
    assert {one["reason"] for one in listed["messages"]} == {"contact_flooded"}
    assert {one["reason"] for one in suppressed["messages"]} == {"daily_limit"}
    assert listed["messages"][0].keys() == {
        "notification_id",
        "tracking_number",
        "template",
        "channel",
        "language",
        "state",
        "reason",
        "due_at",
    }
    assert MAILBOX not in f"{listed}{suppressed}"
    numbers = {one["tracking_number"] for one in listed["messages"]}
    assert all(
        any(number in subject for _, subject in mail.sorted_subjects()) for number in numbers
    )


async def test_dropped_messages_are_suppressed_and_those_of_another_contact_stay(
    operator: Operator, pool: Pool
) -> None:
    store = PostgresStores(pool)
    for contact in ("a" * 32, "b" * 32):
        request_id = (await due(store)).request_id
        await pool.execute(
            "UPDATE requests SET flood_key = $1 WHERE request_id = $2", contact, request_id
        )
    await pool.execute("UPDATE deliveries SET state = 'held', reason = 'contact_flooded'")

    with capture_logs() as logs:
        _, told = await operator.post(f"/v1/messages/held/{'a' * 32}/drop", **{ACTOR: "Zo%C3%AB"})
    assert told["count"] == 1
    [line] = [one for one in logs if one["event"] == "held_messages_decided"]
    assert (line["actor"], line["decision"], line["messages"]) == ("Zoë", "drop", 1)
    _, left = await operator.get("/v1/messages/held")
    _, dropped = await operator.get("/v1/messages?state=suppressed")

    assert [one["contact"] for one in left["held"]] == ["b" * 32]
    assert [one["reason"] for one in dropped["messages"]] == ["contact_flooded"]


async def test_pages_have_each_message_of_the_state_once_newest_first(
    operator: Operator, pool: Pool
) -> None:
    store = PostgresStores(pool)
    states = ["failed", "unknown", "failed", "sent", "failed"]
    of_state: dict[str, list[str]] = {state: [] for state in states}
    for state in states:
        request_id = (await due(store)).request_id
        changed = await pool.fetchval(_CHANGE_SQL, state, request_id)
        of_state[state].insert(0, changed)

    found, pages, query, more = [], 0, "state=failed&limit=2", True
    while more:
        _, page = await operator.get(f"/v1/messages?{query}")
        found += [one["notification_id"] for one in page["messages"]]
        pages, query, more = pages + 1, f"state=failed&limit=2&after={page['next']}", page["more"]
    _, unknown = await operator.get("/v1/messages?state=unknown")

    assert (found, pages) == (of_state["failed"], 2)
    assert [one["notification_id"] for one in unknown["messages"]] == of_state["unknown"]


async def test_messages_about_a_case_are_listed_in_any_state(
    operator: Operator, pool: Pool
) -> None:
    store = PostgresStores(pool)
    case_id = new_id()
    about, _ = await due(store, case_id=case_id), await due(store)
    changed = await pool.fetchval(_CHANGE_SQL, "sent", about.request_id)
    joined = "INSERT INTO memberships (subject_id, request_id) VALUES ($1, $2)"
    await pool.execute(joined, case_id, about.request_id)

    _, of_case = await operator.get(f"/v1/messages?case_id={case_id}")
    _, of_none = await operator.get(f"/v1/messages?case_id={about.request_id}")

    found = [(one["notification_id"], one["state"]) for one in of_case["messages"]]
    assert found == [(changed, "sent")]
    assert of_none["messages"] == []


@pytest.mark.parametrize(
    ("query", "status", "fields"),
    [
        ("", 422, ["state"]),
        ("state=sent", 422, ["state"]),
        ("state=sent&limit=0&after=x", 422, ["limit", "after", "state"]),
        ("state=held&case=1", 422, ["case"]),
        ("case_id=1", 422, ["case_id"]),
        (f"case_id={'0' * 32}&state=held", 422, ["state"]),
        ("state=held&after=x", 400, []),
    ],
)
async def test_a_wrong_query_is_refused_by_the_names_of_its_fields(
    operator: Operator, query: str, status: int, fields: list[str]
) -> None:
    answered, problem = await operator.get(f"/v1/messages?{query}")

    assert answered == status
    assert [fault["field"] for fault in problem.get("errors", [])] == fields


@pytest.mark.parametrize("contact", [MAILBOX, "%00", "A" * 32, f"{NO_ONE}%0A"])
async def test_what_is_no_hash_of_a_contact_is_not_found(operator: Operator, contact: str) -> None:
    status, problem = await operator.post(f"/v1/messages/held/{contact}/release")

    assert (status, problem["code"]) == (404, "unknown_contact")


@pytest.mark.parametrize(("key", "status"), [(BUREAU, 403), ("no key", 401)])
async def test_only_operators_read_and_decide(
    operator: Operator, pool: Pool, key: str, status: int
) -> None:
    await add(PostgresStores(pool), delivery(suppressed="not_wanted"))

    answers = [
        await operator.get("/v1/messages?state=suppressed", key),
        await operator.get("/v1/messages/held", key),
        await operator.post(f"/v1/messages/held/{NO_ONE}/release", key),
        await operator.post(f"/v1/messages/held/{NO_ONE}/drop", key),
    ]

    assert [answered for answered, _ in answers] == [status] * 4
