"""The other city: an Open311 endpoint behind a relay that fails on request."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, TypeAlias
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web

from shared.catalogue import Catalogue, ForwardTarget, Open311Forward, load_catalogue
from tests.support.waiting import eventually

Fault: TypeAlias = Literal["unavailable", "cut_after", "silent_after", "twice", "none"]
CITY = "boston.gov"
KIND = "BOS-REQUEST-FOR-POTHOLE-REPAIR"


@dataclass
class OtherCity:
    """Passes calls on, but for the ``Idempotency-Key``, which other servers do not know.

    Attributes:
        city: Client of its HTTP port.
        faults: What happens to the next submissions, one each.
        descriptions: Of the submissions that it took, in order.
        took: Set once it took one that it does not answer.
        endpoint: Where clients call it.
        is_open: False answers everything with 503.
    """

    city: aiohttp.ClientSession
    faults: deque[Fault] = field(default_factory=deque)
    descriptions: list[str] = field(default_factory=list)
    took: asyncio.Event = field(default_factory=asyncio.Event)
    endpoint: str = ""
    is_open: bool = True

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        is_submission = request.method == "POST"
        fault = self.faults.popleft() if is_submission and self.faults else "none"
        if fault == "unavailable" or not self.is_open:
            return web.Response(status=503, headers={"Retry-After": "1"})
        headers = {"Content-Type": request.headers["Content-Type"]} if is_submission else {}
        async with self.city.request(
            request.method, request.path_qs, data=body, headers=headers
        ) as answer:
            content, status = await answer.read(), answer.status
        if is_submission and status == web.HTTPOk.status_code:
            self.descriptions += parse_qs(body.decode())["description"]
            await eventually(partial(self._lists, request.path, content))
        if fault == "cut_after":
            assert request.transport
            request.transport.abort()
        if fault == "silent_after":
            self.took.set()
            await asyncio.Event().wait()
        if fault == "twice":
            content = b"[" + content[1:-1] + b"," + content[1:]
        return web.Response(status=status, body=content, content_type="application/json")

    async def _lists(self, path: str, receipt: bytes) -> bool:
        """Return True once its list has what it took."""
        [taken] = json.loads(receipt)
        async with self.city.get(path, params={"jurisdiction_id": CITY}) as answer:
            listed = await answer.json() if answer.ok else []
        return any(one["service_request_id"] == taken["service_request_id"] for one in listed)


def with_forward(bureau: str, to: Open311Forward) -> Catalogue:
    """Return the built-in catalogue, in which a bureau of Portland forwards."""
    catalogue = load_catalogue()
    city = catalogue.jurisdictions["portland.gov"]
    forwarding = replace(city.bureaus[bureau], forward=ForwardTarget(to, None))
    city = replace(city, bureaus={**city.bureaus, bureau: forwarding})
    return replace(catalogue, jurisdictions={**catalogue.jurisdictions, city.id: city})


@asynccontextmanager
async def other_city(city: aiohttp.ClientSession) -> AsyncGenerator[OtherCity]:
    """Yield the relay of a city's endpoint."""
    relay = OtherCity(city)
    server = web.Server(relay.answer)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    relay.endpoint = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/open311/v2"
    try:
        yield relay
    finally:
        listener.close()
        await server.shutdown(0.1)
