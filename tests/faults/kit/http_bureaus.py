"""Simulated bureaus that work over HTTP: endpoints of webhooks, and a reader of a feed."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from statistics import quantiles
from typing import Any, Literal, NamedTuple, TypeAlias

import aiohttp
from aiohttp import web

from services.dispatch.channels.webhooks.rules import signature
from shared.runtime.clock import utc_now
from tests.faults.kit.router import RouterUnderTest

Behaviour: TypeAlias = Literal["good", "black hole", "slow", "500", "302", "410"]

_SLOW_S = 30.0
_RETRY_S = 0.2


class Arrival(NamedTuple):
    """An event that a bureau got.

    Attributes:
        event_id: Its id.
        work_order_id: Its work order.
        version: The work order's version.
        delay_s: Seconds from the time of the event to its arrival.
    """

    event_id: str
    work_order_id: str
    version: int
    delay_s: float


def arrival(event: Any) -> Arrival:
    """Return the arrival, now, of an event."""
    order = event["data"]
    delay = utc_now() - datetime.fromisoformat(event["time"])
    return Arrival(event["id"], order["work_order_id"], order["version"], delay.total_seconds())


def p99_ms(arrivals: Sequence[Arrival]) -> float:
    """Return the 99th percentile of the delays, in milliseconds."""
    return quantiles([one.delay_s for one in arrivals], n=100)[98] * 1000


def out_of_order(arrivals: Sequence[Arrival]) -> list[str]:
    """Return the work orders whose versions arrived out of order, repeats by id left out."""
    first: dict[str, Arrival] = {}
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for one in arrivals:
        if first.setdefault(one.event_id, one) is one:
            versions[one.work_order_id].append(one.version)
    return [order for order, found in versions.items() if found != sorted(found)]


class WebhookBureau:
    """The endpoint of a bureau.

    Attributes:
        code: The bureau's code.
        behaviour: How it answers.
        arrivals: What it took, in order, repeats included.
        answers: Its answers by status; 0 stands for none.
        followed: Number of redirects that were followed.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.behaviour: Behaviour = "good"
        self.arrivals: list[Arrival] = []
        self.answers: Counter[int] = Counter()
        self.followed = 0
        self.secrets: Sequence[str] = ()
        self._ends = asyncio.Event()

    async def take(self, request: web.BaseRequest) -> web.Response:
        """Answer a call."""
        body = await request.read()
        if request.path != "/hook":
            self.followed += 1
        status = await self._status(request, body)
        self.answers[status] += 1
        return web.Response(status=status, headers={"Location": "/followed"})

    async def _status(self, request: web.BaseRequest, body: bytes) -> int:
        id_, at = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        if request.headers["webhook-signature"] != signature(self.secrets, id_, at, body):
            return 401
        match self.behaviour:
            case "good":
                self.arrivals.append(arrival(json.loads(body)))
                return 204
            case "black hole" | "slow" as behaviour:
                self.answers[0] += 1
                with suppress(TimeoutError):
                    within_s = _SLOW_S if behaviour == "slow" else None
                    await asyncio.wait_for(self._ends.wait(), within_s)
                return 503
            case status:
                return int(status)

    def recover(self) -> None:
        """Answer well from now on."""
        self.behaviour = "good"
        self._ends.set()


class Dispatch:
    """Calls of dispatch's HTTP port."""

    def __init__(self, router: RouterUnderTest, session: aiohttp.ClientSession) -> None:
        self._router = router
        self._session = session

    async def call(self, method: str, path: str, bureau: str | None = None, **sent: Any) -> Any:
        """Return the JSON of an answer; ``bureau`` calls with its key, else an operator does."""
        keys = self._router.keys
        key = keys.operator if bureau is None else keys.bureaus[bureau]
        url = f"http://{self._router.members['dispatch'].program.address}{path}"
        headers = {"Authorization": f"Bearer {key}"}
        async with self._session.request(method, url, headers=headers, **sent) as response:
            response.raise_for_status()
            return await response.json()

    async def webhook(self, bureau: str) -> Mapping[str, Any]:
        """Return the state of a webhook."""
        found: Mapping[str, Any] = await self.call("GET", f"/v1/bureaus/{bureau}/webhook")
        return found

    async def read_feed(self, bureau: str, arrivals: list[Arrival]) -> None:
        """Read a feed until cancelled, over restarts of dispatch."""
        query = {"wait": "5", "limit": "500"}
        while True:
            try:
                path = f"/v1/bureaus/{bureau}/work-orders"
                page = await self.call("GET", path, bureau, params=query)
            except aiohttp.ClientError:
                await asyncio.sleep(_RETRY_S)
                continue
            arrivals += map(arrival, page["events"])
            query["after"] = page["next"]


@asynccontextmanager
async def calling(router: RouterUnderTest) -> AsyncGenerator[Dispatch]:
    """Open a client of dispatch."""
    async with aiohttp.ClientSession() as session:
        yield Dispatch(router, session)


@asynccontextmanager
async def webhook_bureaus(
    dispatch: Dispatch, *codes: str
) -> AsyncGenerator[Mapping[str, WebhookBureau]]:
    """Let bureaus get their work by webhook until the end of the block."""
    found: dict[str, WebhookBureau] = {}
    async with AsyncExitStack() as stack:
        for code in codes:
            bureau = found[code] = WebhookBureau(code)
            server = web.Server(bureau.take)
            loop = asyncio.get_running_loop()
            listener = await loop.create_server(server, "127.0.0.1", 0)
            stack.push_async_callback(server.shutdown, 0)
            stack.callback(listener.close)
            url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook"
            path, body = f"/v1/bureaus/{code}/webhook", {"url": url, "enabled": True}
            bureau.secrets = (await dispatch.call("PUT", path, json=body))["secrets"]
            off = {"url": url, "enabled": False}
            stack.push_async_callback(dispatch.call, "PUT", path, json=off)
            stack.callback(bureau.recover)
        yield found
