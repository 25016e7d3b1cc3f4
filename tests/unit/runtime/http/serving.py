"""Intake's HTTP with keys in memory, for tests of callers, gate and route together."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import aiohttp

from services.intake.acceptance import AcceptSubmissions, SubmissionBatcher
from services.intake.channels.api.channel import submission_routes
from services.intake.channels.api.operations import NOTES_PATH, SUBMISSIONS_PATH
from services.intake.channels.api.status import status_routes
from services.intake.records.submissions import RawSubmission, Receipt
from shared.errors import DatabaseDownError
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.api_keys import ApiKeyCache, Principal
from shared.runtime.http.authentication import Callers
from shared.runtime.http.connections import HttpLimits
from shared.runtime.http.key_gate import KeyedRoute, key_gate
from shared.runtime.http.rate_limits import TokenBucket, TokenBuckets
from shared.runtime.http.server import serve_http
from tests.support.intake.factories import POLICY
from tests.support.intake_ports import ports_of

KEYS = {
    "Bearer adapter": Principal("demo", "adapter"),
    "Bearer second": Principal("demo", "adapter"),
    "Bearer other": Principal("other", "adapter"),
    "Bearer bureau": Principal("PBOT", "bureau"),
}
ADAPTER, STRANGER = {"Authorization": "Bearer adapter"}, {"Authorization": "Bearer false"}
NUMBER = "/v1/requests/26-AAAA-AA"
"""Mistyped: found out without a database."""


def still() -> float:
    """A clock at which no bucket fills again."""
    return 0.0


async def no_batch(_: Sequence[RawSubmission]) -> Sequence[Receipt]:
    raise AssertionError("nothing opened the batcher")


class NoPool:
    """A database that is down."""

    async def acquire(self, **_: object) -> None:
        raise DatabaseDownError("away")

    async def expire_connections(self) -> None:
        pass


@dataclass
class Intake:
    """Intake's HTTP without what lies behind it: a good submission gets 503, in time."""

    by_key: int = 3
    by_address: int = 3
    slots: int = 100
    share: float = 1
    port: int = 0
    now: float = 0.0
    proxies: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    is_down: bool = False
    accept: AcceptSubmissions = no_batch

    def __post_init__(self) -> None:
        self.rate = TokenBucket(100, still)
        self.batcher = SubmissionBatcher(self.accept)
        self.admission = AdmissionControl(lambda: self.slots, self.rate, self.share)
        self.callers = Callers(
            ApiKeyCache(self.look_up, lambda: self.now),
            TokenBuckets(self.by_key, still),
            TokenBuckets(self.by_key, still),
            TokenBuckets(self.by_address, still),
            [ip_network(proxy) for proxy in self.proxies],
        )

    async def look_up(self, authorization: str) -> Principal | None:
        self.asked.append(authorization)
        if self.is_down:
            raise DatabaseDownError("away")
        return KEYS.get(authorization)

    def left(self) -> int:
        """Drain the accept rate; return how much was left of 100."""
        count = 0
        while self.rate.has_token():
            self.rate.take()
            count += 1
        return count

    @asynccontextmanager
    async def running(self, *, gated: bool = True) -> AsyncGenerator[aiohttp.ClientSession]:
        limits = SimpleNamespace(submissions=self.admission, singly=self.admission)
        core = ports_of(
            POLICY, callers=self.callers, limits=limits, batcher=self.batcher, pool=NoPool()
        )
        routes = [*submission_routes(core), *status_routes(core)]
        keyed = [
            KeyedRoute(path, {"adapter": self.admission}) for path in (SUBMISSIONS_PATH, NOTES_PATH)
        ]
        gate = key_gate(self.callers, keyed) if gated else None
        async with (
            serve_http(
                "127.0.0.1",
                0,
                routes=routes,
                check=ready,
                stopping=asyncio.Event(),
                gate=gate,
                limits=HttpLimits(body_s=0.2),
            ) as self.port,
            aiohttp.ClientSession(f"http://127.0.0.1:{self.port}") as client,
        ):
            yield client


async def ready() -> str | None:
    return None


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    problem: dict[str, Any]


async def post(
    client: aiohttp.ClientSession, path: str = SUBMISSIONS_PATH, **headers: str
) -> Response:
    async with client.post(path, json={}, headers=headers) as response:
        return Response(
            response.status, dict(response.headers), await response.json(content_type=None)
        )


async def get(client: aiohttp.ClientSession, **headers: str) -> Response:
    async with client.get(NUMBER, headers=headers) as response:
        return Response(
            response.status, dict(response.headers), await response.json(content_type=None)
        )
