"""Speed of acceptance over HTTP, against the bare transaction that a submission needs in SQL."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import TypeVar

import aiohttp
import pydantic_core

from deploy.local.infrastructure import Infrastructure, infrastructure
from deploy.local.services import Service, role_dsn, running_services
from deploy.local.supervisor import prepare_stores
from shared.catalogue import load_catalogue
from shared.contract.events import new_id
from shared.runtime.postgres import open_pool
from workbench.bench.bare_accepts import BareAccepts
from workbench.bench.http_connection import HttpConnection, Response
from workbench.bench.load import submissions
from workbench.bench.mix import Mix
from workbench.bench.usage import Usage, process_usage, router_usage_since

T = TypeVar("T")

_UNLIMITED = "1000000"
_INTAKE = Service(
    "intake",
    (
        *("env", f"INTAKE_ACCEPTS_PER_SECOND={_UNLIMITED}", f"INTAKE_KEY_PER_SECOND={_UNLIMITED}"),
        *(sys.executable, "-m", "services.intake"),
    ),
)
_BODIES = 5_000
_WARM_UP_S = 3.0
_BULK_LINES = 1_000
_BULK_CALLS = 4  # that intake works on at a time
_ACCEPTED = 201


@dataclass(frozen=True, slots=True)
class Rate:
    """Rate and latency of a closed loop.

    Attributes:
        p99_ms: 99th percentile.
    """

    per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class AcceptsBenchmark:
    """Result of ``bench accepts``.

    Attributes:
        connections: Number of connections, of HTTP and of the database.
        refused: Calls over HTTP with another answer.
        bare: Transactions in SQL, each of one submission, without a service.
        bulk_per_s: Submissions accepted in bulk calls of 1,000 lines, four calls at a time.
        parts: Resources that each part used while submissions came over HTTP one by one.
    """

    connections: int
    seconds: float
    http: Rate
    refused: int
    bare: Rate
    bulk_per_s: float
    parts: dict[str, Usage]

    @property
    def ratio(self) -> float:
        """The rate over HTTP as a share of the bare one."""
        return self.http.per_s / self.bare.per_s


async def measure_accepts(
    data: Path, connections: int, seconds: float, mix: Mix
) -> AcceptsBenchmark:
    """Measure submissions over HTTP, bulk calls, and then the bare transactions.

    Intake runs alone, with Kafka and without its limits of rates.

    Args:
        connections: Connections of HTTP, then of the database.
    """
    catalogue = load_catalogue()
    async with infrastructure(data, mail=False) as infra:
        keys = await prepare_stores(infra, catalogue.bureau_codes)
        async with running_services(infra, [_INTAKE]) as [process]:
            port, key = process.program.port, keys.adapters["demo"]
            bodies = [pydantic_core.to_json(one.data) for one in submissions(_BODIES, mix=mix)]
            await _call_for(_WARM_UP_S, port, key, connections, bodies)
            before = process_usage()
            responses = await _call_for(seconds, port, key, connections, bodies)
            parts = router_usage_since(before)
            bulk_per_s = await _bulk_rate(
                seconds, f"http://{process.program.address}", key, bodies[:_BULK_LINES]
            )
        bare = await _bare_rate(infra, connections, seconds, mix)
    accepted = [one.took_s for one in responses if one.status == _ACCEPTED]
    return AcceptsBenchmark(
        connections,
        seconds,
        _rate(accepted, seconds),
        len(responses) - len(accepted),
        bare,
        bulk_per_s,
        parts,
    )


def _rate(took_s: list[float], seconds: float) -> Rate:
    cuts = quantiles(took_s, n=100)
    return Rate(len(took_s) / seconds, cuts[49] * 1000, cuts[98] * 1000)


async def _call_for(
    seconds: float, port: int, key: str, connections: int, bodies: Sequence[bytes]
) -> list[Response]:
    """Return the responses that came in time, each connection with one call at a time."""
    loop = asyncio.get_running_loop()
    prefix, numbers, responses = new_id(), count(), list[Response]()
    end = time.perf_counter() + seconds

    def send(connection: HttpConnection) -> None:
        number = next(numbers)
        body = bodies[number % _BODIES]
        head = (
            f"POST /v1/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}"
            f"\r\nIdempotency-Key: {prefix}{number}\r\nContent-Type: application/json"
            f"\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.send(number, head.encode() + body)

    def on_response(connection: HttpConnection, response: Response) -> None:
        if time.perf_counter() < end:
            responses.append(response)
            if connection.open:
                send(connection)

    opened = [
        (await loop.create_connection(lambda: HttpConnection(on_response), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    for connection in opened:
        send(connection)
    await asyncio.sleep(end - time.perf_counter())
    for connection in opened:
        connection.close()
    return responses


async def _bulk_rate(seconds: float, url: str, key: str, bodies: Sequence[bytes]) -> float:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    async with aiohttp.ClientSession(url, headers=headers) as session:

        async def call() -> int:
            lines = b"\n".join(
                b'{"id":"%s","data":%s}' % (new_id().encode(), body) for body in bodies
            )
            async with session.post("/v1/submissions/bulk", data=lines) as response:
                return (await response.read()).count(b'"status":201')

        took, elapsed_s = await _repeat(call, _BULK_CALLS, seconds)
    return sum(accepted for accepted, _ in took) / elapsed_s


async def _bare_rate(infra: Infrastructure, connections: int, seconds: float, mix: Mix) -> Rate:
    async with open_pool(role_dsn(infra, "intake"), size=connections) as pool:
        accepts = await BareAccepts.prepare(pool, mix)
        await _repeat(accepts.accept, connections, _WARM_UP_S)
        took, elapsed_s = await _repeat(accepts.accept, connections, seconds)
    return _rate([took_s for _, took_s in took], elapsed_s)


async def _repeat(
    work: Callable[[], Awaitable[T]], at_once: int, seconds: float
) -> tuple[list[tuple[T, float]], float]:
    """Repeat the work in so many loops, each until the time is over.

    Returns:
        Results and durations, and the seconds until the last one ended.
    """
    started, took = time.perf_counter(), list[tuple[T, float]]()

    async def loop() -> None:
        while (began := time.perf_counter()) < started + seconds:
            result = await work()
            took.append((result, time.perf_counter() - began))

    await asyncio.gather(*(loop() for _ in range(at_once)))
    return took, time.perf_counter() - started
