import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest

from services.notify.channels.resident_links import contact
from services.notify.channels.resident_links.contact import contact_routes
from shared.contract.events import ContactDisclosure, ContactErased, new_id
from shared.runtime.http.api_keys import ApiKeyCache, authenticate, store_keys
from shared.runtime.http.authentication import Callers
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.server import serve_http
from shared.runtime.postgres import Pool
from tests.integration.notify.stores import PostgresStores, save
from tests.support.builders import NOON, contact_given
from tests.support.databases import Database
from tests.support.notify.factories import attached, closed, moved, opened, ports, split, triaged

pytestmark = pytest.mark.integration
KEYS = {
    "PBOT-MAINT": ("bureau", "a key of the lead"),
    "PARKS": ("bureau", "a key of another bureau"),
    "Olga": ("operator", "a key of an operator"),
    "demo": ("adapter", "a key of an adapter"),
}
NAMESAKE = "a key of an adapter with the name of the lead"


@pytest.fixture
async def client(pool: Pool, database: Database) -> AsyncGenerator[aiohttp.ClientSession]:
    keys: Any = [(name, scope, key) for name, (scope, key) in KEYS.items()]
    keys.append(("PBOT-MAINT", "adapter", NAMESAKE))
    await store_keys(database.admin_dsn, "notify", keys)
    limits = TokenBuckets(1000)
    callers = Callers(
        keys=ApiKeyCache(lambda header: authenticate(pool, header)),
        by_key=limits,
        by_bureau=limits,
        by_address=limits,
    )
    routes = contact_routes(ports(pool, callers=callers))
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def ready() -> None:
    return None


async def ask(
    client: aiohttp.ClientSession,
    order_id: str,
    name: str = "PBOT-MAINT",
    purpose: str | None = "The crew does not find the drain",
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {KEYS[name][1] if name in KEYS else name}"}
    if purpose is not None:
        headers["Purpose"] = purpose
    async with client.get(f"/v1/work-orders/{order_id}/contact", headers=headers) as response:
        return response.status, await response.json()


async def disclosed(pool: Pool) -> list[ContactDisclosure]:
    return [event.data for event in await PostgresStores(pool).published()]


async def test_the_lead_reads_the_contact_of_each_reporter_on_the_record(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    case_id, order_id = new_id(), new_id()
    ana, ana_again, bo, nobody, moved_out, erased = (new_id() for _ in range(6))
    phone = "+15035550100"
    await save(
        PostgresStores(pool),
        opened(ana, case_id, lead_work_order_id=order_id),
        *(
            attached(request_id, case_id, version, lead_work_order_id=order_id)
            for version, request_id in enumerate((ana_again, bo, nobody, moved_out, erased), 2)
        ),
        split(moved_out, case_id, 7),
        *(triaged(one, case_id) for one in (ana, ana_again, bo, moved_out, erased)),
        contact_given(ana, name="Ana Ruiz", language="es"),
        contact_given(ana_again, name="Ana Ruiz", phone=phone, language="es"),
        contact_given(bo, email=None, phone="+15035550111"),
        contact_given(moved_out, email="elsewhere@example.org"),
        contact_given(erased, email="gone@example.org"),
        ContactErased.of_tombstone(erased.encode(), NOON),
    )

    purpose = f"Ask Ana Ruiz, {phone}, bo@example.org, for the gate's code ñ"
    status, body = await ask(client, order_id, purpose=purpose)

    assert status == 200
    assert body == {
        "contacts": [
            {
                "request_id": ana_again,
                "tracking_number": f"26-{ana_again[-8:]}",
                "name": "Ana Ruiz",
                "email": "ana@example.org",
                "phone": phone,
                "language": "es",
            },
            {
                "request_id": bo,
                "tracking_number": f"26-{bo[-8:]}",
                "name": None,
                "email": None,
                "phone": "+15035550111",
                "language": "en",
            },
        ]
    }
    [event] = await disclosed(pool)
    assert (event.work_order_id, event.case_id, event.bureau) == (order_id, case_id, "PBOT-MAINT")
    assert event.purpose == "Ask [removed], [removed], [removed], for the gate's code ñ"


async def test_nobody_else_reads_it_and_nobody_without_a_purpose(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    case_id, order_id, ana = new_id(), new_id(), new_id()
    await save(
        PostgresStores(pool),
        opened(ana, case_id, lead_work_order_id=order_id),
        triaged(ana, case_id),
        contact_given(ana),
    )

    answers = await asyncio.gather(
        *(
            ask(client, order_id, name)
            for name in ("PARKS", "Olga", "demo", NAMESAKE, "a wrong key")
        ),
        *(ask(client, unknown) for unknown in (new_id(), "no-id", "%00", "a%00b")),
        *(ask(client, order_id, purpose=bad) for bad in (None, " ", "x" * 501, "\udcff")),
    )

    assert [status for status, _ in answers] == [404] * 4 + [401] + [404] * 4 + [422] * 4
    assert [body["code"] for status, body in answers if status == 404] == ["unknown_work_order"] * 8
    assert [body["errors"][0]["field"] for _, body in answers[-4:]] == ["Purpose"] * 4
    async with client.get(f"/v1/work-orders/{order_id}/contact") as without_key:
        assert without_key.status == 401
    assert await disclosed(pool) == []


async def test_contacts_follow_the_lead(
    client: aiohttp.ClientSession, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id, first, second, ana = new_id(), new_id(), "a work order from before", new_id()
    store = PostgresStores(pool)
    with monkeypatch.context() as busy_machine:
        busy_machine.setattr(contact, "_NEW_S", 60.0)
        busy_machine.setattr(contact, "_WAITS_S", (0.1,) * 500)
        early = asyncio.create_task(ask(client, first))
        await save(store, opened(ana, case_id, lead_work_order_id=first))
        assert await early == (200, {"contacts": []})  # nobody is known to have reported

    parks = {"lead_bureau": "PARKS", "lead_work_order_id": second}
    await save(store, moved(case_id, 2, "open", **parks))
    await save(store, moved(case_id, 1, "open", lead_work_order_id=first))  # again, and too late
    assert [(await ask(client, first))[0], (await ask(client, second))[0]] == [404, 404]
    assert (await ask(client, second, "PARKS", "They gave 503-555-0177"))[0] == 200

    await save(store, closed(case_id, 3, merged_into=new_id(), **parks))
    assert (await ask(client, second, "PARKS"))[0] == 404
    first_event, second_event = await disclosed(pool)
    assert (first_event.work_order_id, second_event.work_order_id) == (first, second)
    assert second_event.purpose == "They gave [removed]"
