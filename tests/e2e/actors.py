"""Actors around a router: residents, bureaus and their mail, over its public interfaces."""

import json
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from uuid import uuid4

import aiohttp

from tests.support.router import Router
from tests.support.waiting import eventually

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


async def call(method: str, url: str, **sent: Any) -> tuple[int, str]:
    """Call until the router has time for the call; return status and body."""

    async def answered() -> tuple[int, str] | None:
        async with aiohttp.ClientSession() as session, session.request(method, url, **sent) as told:
            return None if told.status in {429, 503} else (told.status, await told.text())

    answer = await eventually(answered)
    assert answer
    return answer


async def post(router: Router, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    stack = router.stack
    bearer = {"Authorization": f"Bearer {stack['keys']['adapters']['demo']}"}
    named = {"Idempotency-Key": str(uuid4())}  # a call may be made again
    url = f"{stack['intake']}/v1/submissions"
    status, text = await call("POST", url, json=body, headers={**bearer, **named, **headers})
    return status, json.loads(text)


async def status_of(router: Router, tracking_number: str) -> dict[str, Any]:
    status, text = await call("GET", f"{router.stack['intake']}/v1/requests/{tracking_number}")
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
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
