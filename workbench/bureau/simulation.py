"""A bureau that reads its feed and works: what ``route311 bureau simulate`` plays."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, TypeAlias

import aiohttp

from cli.calls import answer_of
from shared.runtime.clock import utc_now

Update: TypeAlias = dict[str, Any]
"""The body of an update over HTTP."""

_NEXT: Mapping[str, str] = {
    "issued": "acknowledged",
    "acknowledged": "in_progress",
    "in_progress": "completed",
}
_WAIT_S = 20
_REFUSED = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)


def next_update(order: Mapping[str, Any], declined_share: float, now: datetime) -> Update | None:
    """Return what the bureau sends about a work order in its present state; None for nothing.

    It depends on the work order alone, so a bureau that begins anew does the same.

    Args:
        order: The data of the newest event.
        declined_share: Share of the work orders that it declines, 0 to 1.
    """
    status = _NEXT.get(order["status"])
    if status is None or (order["role"] == "informed" and status != "acknowledged"):
        return None
    chance = int.from_bytes(sha256(order["work_order_id"].encode()).digest()[:4]) / 2**32
    if status == "in_progress" and chance < declined_share:
        return {"status": "declined", "at": now.isoformat(), "reason": "Nothing was found there."}
    return {"status": status, "at": now.isoformat()}


@dataclass(frozen=True, slots=True)
class SimulatedBureau:
    """A bureau at work.

    Attributes:
        client: Calls dispatch with the bureau's key.
        pace_s: Seconds between an event and its answer.
        declined_share: Share of the work orders that it declines, 0 to 1.
    """

    client: aiohttp.ClientSession
    code: str
    pace_s: float
    declined_share: float

    async def work(self) -> AsyncGenerator[str]:
        """Work until cancelled; yield a line for each update that was sent.

        Raises:
            RefusedCallError: The key or the code is wrong.
        """
        after: dict[str, str] = {}
        while True:
            page = await self._get(wait=f"{_WAIT_S}", **after)
            if page["events"]:
                await asyncio.sleep(self.pace_s)
            for event in page["events"]:
                if line := await self._answer(event):
                    yield line
            after = {"after": page["next"]}

    async def _get(self, **query: str) -> Any:  # noqa: ANN401 - JSON
        path = f"/v1/bureaus/{self.code}/work-orders"
        async with self.client.get(path, params=query) as response:
            return await answer_of(response)

    async def _answer(self, event: Mapping[str, Any]) -> str | None:
        order = event["data"]
        update = next_update(order, self.declined_share, utc_now())
        if update is None:
            return None
        id_, status = order["work_order_id"], update["status"]
        headers = {"Idempotency-Key": f"simulate-{event['id']}"}
        path = f"/v1/work-orders/{id_}/updates"
        async with self.client.post(path, json=update, headers=headers) as response:
            if response.status in _REFUSED:  # a later event changed it, or it was answered before
                return None
            answer = await answer_of(response)
        return f"{order['priority']['level']} {id_} {status}" if answer["changed"] else None
