"""Bureaus of the demo that work over HTTP: one gets its work by webhook, one reads its feed."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web

from deploy.local.stack_file import Keys, Stack
from services.dispatch.channels.webhooks.rules import signature
from shared.contract.events import UpdateReceipt, WorkOrder
from shared.contract.topics import bureau_updates
from shared.runtime.outgoing import Outgoing
from workbench.demo.run.observations import BureauCalls, Observations
from workbench.demo.run.submitter import RecordSink

BY_WEBHOOK = "PBOT-LIGHTING"
BY_FEED = "PPR-UF"
_OVER_HTTP = {bureau_updates(code).name: code for code in (BY_WEBHOOK, BY_FEED)}
_AT_ONCE = 16
_WAIT_S = 5
_RETRY_S = 0.5
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class BureauWays:
    """Passes on what bureaus get and send, each by its own way.

    The first call of the webhook is refused on purpose, so that it is made again.
    """

    def __init__(
        self,
        keys: Keys,
        session: aiohttp.ClientSession,
        group: asyncio.TaskGroup,
        sink: RecordSink,
        seen: Observations,
    ) -> None:
        """Prepare the bureaus.

        Args:
            keys: The keys of the bureaus and of an operator.
            group: Runs the calls of updates, for which the day does not wait.
            sink: Takes the updates of the bureaus that use Kafka.
            seen: Learns what was called and read, and the receipts.
        """
        self._keys = keys
        self._session = session
        self._group = group
        self._sink = sink
        self._seen = seen
        self._came: list[WorkOrder] = []
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    def arrived(self, on_kafka: Sequence[WorkOrder]) -> list[WorkOrder]:
        """Return the work orders that reached their bureaus since the last call.

        Args:
            on_kafka: What is new on the topics, which show the work of all bureaus.
        """
        known = [order for order in self._came if order.work_order_id in self._seen.orders]
        self._came = [order for order in self._came if order.work_order_id not in self._seen.orders]
        return [o for o in on_kafka if o.bureau not in _OVER_HTTP.values()] + known

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Send the updates of bureaus, over HTTP or Kafka."""
        await self._sink.publish([one for one in records if one.topic not in _OVER_HTTP])
        for record in records:
            if record.topic in _OVER_HTTP:
                self._group.create_task(self._post(record))

    async def _post(self, record: Outgoing) -> None:
        event = json.loads(record.value or b"{}")
        body, bureau = event["data"], _OVER_HTTP[record.topic]
        path = f"/v1/work-orders/{body.pop('work_order_id')}/updates"
        del body["bureau"]
        headers = self._headers(bureau) | {"Idempotency-Key": event["id"]}
        while True:
            async with (
                self._at_once,
                self._session.post(path, json=body, headers=headers) as response,
            ):
                answer = await response.json(content_type=None)
            if response.status not in _BUSY:
                break
            await asyncio.sleep(_RETRY_S)
        if response.status == HTTPStatus.OK:
            receipt = UpdateReceipt.model_validate(answer)
        else:
            receipt = UpdateReceipt(
                update_id=event["id"],
                update_source=event["source"],
                bureau=bureau,
                changed=False,
                code=answer["code"],
                message=answer["detail"],
            )
        self._seen.updates[receipt.update_id] = receipt

    def _headers(self, bureau: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys.bureaus[bureau]}"}

    async def read_feed(self) -> None:
        """Read the feed until cancelled."""
        calls, after = self._calls(BY_FEED), dict[str, str]()
        path = f"/v1/bureaus/{BY_FEED}/work-orders"
        while True:
            query = {"wait": f"{_WAIT_S}", "limit": "500"} | after
            async with self._session.get(
                path, params=query, headers=self._headers(BY_FEED)
            ) as answer:
                page = await answer.json(content_type=None)
            if answer.status in _BUSY:
                await asyncio.sleep(_RETRY_S)
                continue
            calls.calls += 1
            for event in page["events"]:
                self._take(event, calls)
            after = {"after": page["next"]}

    @asynccontextmanager
    async def webhook(self) -> AsyncGenerator[None]:
        """Let the router call a webhook meanwhile."""
        secrets = list[str]()

        async def take(request: web.BaseRequest) -> web.Response:
            body = await request.read()
            return web.Response(status=self._status(request, body, secrets))

        server = web.Server(take)
        listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook"
        secrets += (await self._set_webhook(url, enabled=True))["secrets"]
        try:
            yield
        finally:
            with suppress(aiohttp.ClientError):  # the router may have stopped
                await self._set_webhook(url, enabled=False)
            listener.close()
            await server.shutdown(1)

    async def _set_webhook(self, url: str, *, enabled: bool) -> Any:  # noqa: ANN401 - JSON
        headers = {"Authorization": f"Bearer {self._keys.operator}"}
        body = {"url": url, "enabled": enabled}
        path = f"/v1/bureaus/{BY_WEBHOOK}/webhook"
        async with self._session.put(path, json=body, headers=headers) as response:
            return await response.json()

    def _status(self, request: web.BaseRequest, body: bytes, secrets: Sequence[str]) -> int:
        id_, at = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        if request.headers["webhook-signature"] != signature(secrets, id_, at, body):
            return HTTPStatus.UNAUTHORIZED
        calls = self._calls(BY_WEBHOOK)
        calls.calls += 1
        if calls.calls == 1:
            return HTTPStatus.SERVICE_UNAVAILABLE
        self._take(json.loads(body), calls)
        return HTTPStatus.NO_CONTENT

    def _take(self, event: Any, calls: BureauCalls) -> None:  # noqa: ANN401 - JSON
        if event["id"] not in calls.events:
            calls.events.add(event["id"])
            self._came.append(WorkOrder.model_validate(event["data"]))

    def _calls(self, bureau: str) -> BureauCalls:
        return self._seen.bureau_calls.setdefault(bureau, BureauCalls())


@asynccontextmanager
async def open_bureau_ways(
    stack: Stack, sink: RecordSink, seen: Observations
) -> AsyncGenerator[BureauWays]:
    """Let one bureau be called and one read its feed until the end of the block.

    Args:
        sink: Takes the updates of the bureaus that use Kafka.
        seen: Learns what was called and read, and the receipts.
    """
    async with (
        aiohttp.ClientSession(stack.dispatch) as session,
        asyncio.TaskGroup() as group,
    ):
        ways = BureauWays(stack.keys, session, group, sink, seen)
        async with ways.webhook():
            reading = group.create_task(ways.read_feed())
            yield ways
            reading.cancel()
