import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from pydantic import SecretStr

from services.notify.channels.sms.channel import STATUS_PATH, sms_status_routes
from services.notify.settings import SecondProviders
from shared.contract.events import new_id
from shared.runtime.http.server import serve_http
from shared.runtime.http.twilio import SIGNATURE, sign
from shared.runtime.postgres import Pool
from tests.integration.notify.sms_provider import ACCOUNT, TOKEN
from tests.integration.notify.stores import PostgresStores, add, save
from tests.support.notify.deliveries import text_report
from tests.support.notify.factories import PUBLIC_URL, SETTINGS, delivery, ports, trigger

pytestmark = pytest.mark.integration
TOKEN_BEFORE = f"{TOKEN} of last year"
WITH_SMS = SETTINGS.model_copy(
    update={
        "sms_account": ACCOUNT,
        "sms_token": SecretStr(TOKEN),
        "sms_token_before": SecretStr(TOKEN_BEFORE),
        "sms_numbers": {"+15035550199": "portland.gov"},
    }
)
SECOND_TOKEN = f"{TOKEN} of the second"
SECOND = SecondProviders(
    sms_account=ACCOUNT,
    sms_token=SecretStr(SECOND_TOKEN),
    sms_numbers={"+15035550198": "portland.gov"},
)


async def ready() -> None:
    return None


@pytest.fixture
async def client(pool: Pool) -> AsyncGenerator[aiohttp.ClientSession]:
    routes = sms_status_routes(ports(pool, settings=WITH_SMS, second=SECOND))
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def text_in(pool: Pool, state: str, sid: str | None) -> str:
    """Add a text message in this state; return its id."""
    store, events = PostgresStores(pool), text_report()
    await save(store, *events)
    case_id = events[-1].data.case_id
    one = delivery(channel="sms", request_id=events[0].data.request_id, trigger=trigger(case_id, 1))
    (stored,) = await add(store, one)
    await pool.execute(
        "UPDATE deliveries SET state = $2, provider_id = $3 WHERE notification_id = $1",
        stored.notification_id,
        state,
        sid,
    )
    return stored.notification_id


async def call(
    client: aiohttp.ClientSession, fields: dict[str, str], query: str = "", token: str = TOKEN
) -> int:
    url = f"{STATUS_PATH}{query}"
    headers = {SIGNATURE: sign(token.encode(), f"{PUBLIC_URL}{url}", fields.items())}
    async with client.post(url, data=fields, headers=headers) as response:
        return response.status


async def state_of(pool: Pool, notification_id: str) -> tuple[str, str | None]:
    row = await pool.fetchrow(
        "SELECT state, reason FROM deliveries WHERE notification_id = $1", notification_id
    )
    assert row
    return row["state"], row["reason"]


async def test_the_providers_word_settles_a_message_once(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    unknown = await text_in(pool, "unknown", None)
    sent = await text_in(pool, "sent", "SM2")
    pending = await text_in(pool, "pending", None)
    delivered = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    bounced = {"MessageSid": "SM2", "MessageStatus": "undelivered", "ErrorCode": "30003"}
    for _ in range(2):
        assert await call(client, delivered, f"?notification={unknown}") == 204
        assert await call(client, bounced, token=SECOND_TOKEN) == 204
        assert await call(client, delivered | {"MessageSid": "SM2"}) == 204
        assert await call(client, delivered, f"?notification={pending}") == 204
        assert await call(client, delivered, f"?notification={new_id()}") == 204

    assert await state_of(pool, unknown) == ("sent", None)
    assert await state_of(pool, sent) == ("failed", "sms_30003")
    assert await state_of(pool, pending) == ("pending", None)
    published = await PostgresStores(pool).published()
    assert [(event.data.notification_id, event.data.reason) for event in published] == [
        (unknown, None),
        (sent, "sms_30003"),
    ]


async def test_what_the_provider_did_not_sign_changes_nothing(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    unknown = await text_in(pool, "unknown", None)
    query = f"?notification={unknown}"
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}

    assert await call(client, fields, query, token="of somebody else") == 403  # noqa: S106
    other = {SIGNATURE: sign(TOKEN.encode(), f"{PUBLIC_URL}{STATUS_PATH}", fields.items())}
    async with client.post(f"{STATUS_PATH}{query}", data=fields, headers=other) as response:
        assert response.status == 403
    async with client.post(f"{STATUS_PATH}{query}", data=fields) as response:
        assert response.status == 403
        assert response.content_type == "application/problem+json"
    assert await call(client, {"MessageSid": "SM1"}, query) == 422
    assert await state_of(pool, unknown) == ("unknown", None)


async def test_a_signature_of_any_bytes_is_a_wrong_one(client: aiohttp.ClientSession) -> None:
    headers = {SIGNATURE: "\udcff", "Content-Type": "application/x-www-form-urlencoded"}
    base = client._base_url  # noqa: SLF001 - has no public name
    assert base
    reader, writer = await asyncio.open_connection(base.host, base.port)
    lines = [f"POST {STATUS_PATH} HTTP/1.1", "Host: x", "Content-Length: 3"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", "a=b"]).encode(errors="surrogateescape"))
    assert (await reader.readline()).split()[1] == b"403"
    writer.close()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_call_without_a_signature_costs_a_token_whatever_its_type(
    client: aiohttp.ClientSession, content_type: str
) -> None:
    headers = {"Content-Type": content_type, "Content-Encoding": "gzip"}
    statuses = [
        (await client.post(STATUS_PATH, data=b"", headers=headers)).status for _ in range(60)
    ]
    assert set(statuses) == {415, 429}


async def test_signed_calls_cost_no_token(client: aiohttp.ClientSession) -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert {await call(client, fields) for _ in range(60)} == {204}


async def test_a_flood_without_a_signature_is_refused(client: aiohttp.ClientSession) -> None:
    async def one() -> int:
        async with client.post(STATUS_PATH, data={"MessageSid": "1"}) as response:
            return response.status

    assert set(await asyncio.gather(*(one() for _ in range(60)))) == {403, 429}


async def test_while_a_token_is_replaced_a_status_may_be_signed_with_either(
    client: aiohttp.ClientSession,
) -> None:
    status = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    signed = (TOKEN, TOKEN_BEFORE, f"{TOKEN} of somebody else")

    assert [await call(client, status, token=one) for one in signed] == [204, 204, 403]
