"""Actors around a router: residents, bureaus and their mail, over its public interfaces."""

import json
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from uuid import uuid4

import aiohttp

from tests.e2e.outside import Router
from tests.waiting import eventually

EMAIL = "ana.canary@example.org"
PHONE = "+15035550142"


def report(**changes: Any) -> dict[str, Any]:
    return {
        "jurisdiction": "portland.gov",
        "channel": "web",
        "service_code": "ROW-DEBRIS",
        "description": "Mattress in the right lane, cars are swerving",
        "location": {"latitude": 45.5231, "longitude": -122.6765, "accuracy_m": 15},
        "attributes": {"lane_blocked": "yes"},
        "reporter": {
            "name": "Ana Canary",
            "email": EMAIL,
            "phone": PHONE,
            "language": "es",
            "status_updates": ["email"],
        },
        **changes,
    }


async def post(router: Router, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    stack = router.stack
    bearer = {"Authorization": f"Bearer {stack['keys']['adapters']['demo']}"}
    async with (
        aiohttp.ClientSession(stack["intake"]) as session,
        session.post("/v1/submissions", json=body, headers={**bearer, **headers}) as response,
    ):
        return response.status, await response.json(content_type=None)


async def status_of(router: Router, tracking_number: str) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession(router.stack["intake"]) as session,
        session.get(f"/v1/requests/{tracking_number}") as response,
    ):
        assert response.status == 200
        found: dict[str, Any] = await response.json()
        return found


async def work_order_for(router: Router, bureau: str, request_id: str) -> dict[str, Any]:
    return await event_data(router, f"bureau-{bureau}-work", request_id, "issued.v1")


async def event_data(router: Router, topic: str, request_id: str, ending: str) -> dict[str, Any]:
    """Wait for the event about a request whose type has this ending; return its data."""

    async def found() -> dict[str, Any] | None:
        for event in await router.events(topic):
            if event["correlationid"] == request_id and event["type"].endswith(ending):
                data: dict[str, Any] = event["data"]
                return data
        return None

    data = await eventually(found)
    assert data
    return data


def update(work_order: dict[str, Any], status: str, **changes: Any) -> bytes:
    data = {
        "work_order_id": work_order["work_order_id"],
        "bureau": work_order["bureau"],
        "status": status,
        "at": datetime.now(UTC).isoformat(),  # noqa: TID251 - a bureau has a clock of its own
        **changes,
    }
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/bureau/crew",
        "type": "route311.work_order.update.v1",
        "time": data["at"],
        "data": data,
    }
    return json.dumps(event).encode()


def mails_to(router: Router, address: str, about: str) -> list[Message]:
    return [mail for mail in router.mails() if mail["To"] == address and about in text_of(mail)]


def text_of(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    return "".join(part.get_payload(decode=True).decode() for part in parts)  # type: ignore[union-attr]
