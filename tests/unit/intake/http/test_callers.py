"""Callers, the gate and the route together, as an HTTP client sees them; the keys are in memory."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from prometheus_client import REGISTRY

from services.intake.http.admission import AdmissionControl
from services.intake.http.api import submission_routes
from services.intake.http.api_key_cache import TTL_S, ApiKeyCache
from services.intake.http.batching import SubmissionBatcher
from services.intake.http.callers import Callers
from services.intake.http.gate import submission_gate
from services.intake.inbound.batch import RawSubmission
from services.intake.public_status.api import status_routes
from services.intake.records import Receipt
from shared.errors import DatabaseDownError
from shared.runtime.http.api_keys import Principal
from shared.runtime.http.limits import HttpLimits
from shared.runtime.http.rate_limits import TokenBucket, TokenBuckets
from shared.runtime.http.server import serve_http
from tests.waiting import eventually

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


@dataclass
class Intake:
    """Intake's HTTP without what lies behind it: a good submission gets 503, in time."""

    by_key: int = 3
    by_address: int = 3
    slots: int = 100
    port: int = 0
    now: float = 0.0
    proxies: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    def __post_init__(self) -> None:
        self.rate = TokenBucket(100, still)
        self.admission = AdmissionControl(lambda: self.slots, self.rate)
        self.callers = Callers(
            ApiKeyCache(self.look_up, lambda: self.now),
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
        routes = [
            *submission_routes(self.callers, SubmissionBatcher(no_batch), self.admission),
            *status_routes(None, {}, self.callers.look_up_refusal),  # type: ignore[arg-type] # asks no database for a mistyped number
        ]
        gate = submission_gate(self.callers, self.admission) if gated else None
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


async def no_batch(_: Sequence[RawSubmission]) -> Sequence[Receipt]:
    raise AssertionError("nothing opened the batcher")


async def ready() -> str | None:
    return None


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    problem: dict[str, Any]


async def post(client: aiohttp.ClientSession, **headers: str) -> Response:
    async with client.post("/v1/submissions", json={}, headers=headers) as response:
        return Response(
            response.status, dict(response.headers), await response.json(content_type=None)
        )


async def get(client: aiohttp.ClientSession, **headers: str) -> Response:
    async with client.get(NUMBER, headers=headers) as response:
        return Response(
            response.status, dict(response.headers), await response.json(content_type=None)
        )


def limited(limit: str) -> float:
    return REGISTRY.get_sample_value("route311_limited_total", {"limit": limit}) or 0


@pytest.mark.parametrize("gated", [True, False])
async def test_a_key_that_calls_too_often_gets_429_and_another_key_none(gated: bool) -> None:
    before = limited("key")
    intake = Intake(by_key=3)
    async with intake.running(gated=gated) as client:
        responses = [await post(client, **ADAPTER) for _ in range(5)]
        same_name = await post(client, Authorization="Bearer second")
        other = await post(client, Authorization="Bearer other")

    assert [response.status for response in responses] == [503] * 3 + [429] * 2
    assert (same_name.status, other.status) == (429, 503)
    assert responses[-1].headers["Retry-After"] == "1"
    assert responses[-1].headers["Content-Type"].startswith("application/problem+json")
    assert responses[-1].problem["code"] == "over_rate"
    assert responses[-1].problem["status"] == 429
    assert responses[-1].problem["detail"]
    assert limited("key") == before + 3
    assert intake.left() == 96


@pytest.mark.parametrize("gated", [True, False])
async def test_false_keys_get_401_and_then_429_and_take_nothing_of_the_accept_rate(
    gated: bool,
) -> None:
    before = limited("address")
    intake = Intake(by_address=3)
    async with intake.running(gated=gated) as client:
        responses = [await post(client, Authorization=f"Bearer {n}") for n in range(6)]

    assert [response.status for response in responses] == [401] * 3 + [429] * 3
    assert responses[-1].headers["Retry-After"] == "1"
    assert responses[-1].problem["code"] == "over_rate"
    assert limited("address") == before + 3
    assert len(intake.asked) == 3
    assert intake.left() == 100


async def test_false_keys_from_its_own_address_do_not_touch_a_known_adapter() -> None:
    intake = Intake(by_address=2)
    async with intake.running() as client:
        await post(client, **ADAPTER)
        false = [(await post(client, **STRANGER)).status for _ in range(3)]
        intake.now = TTL_S  # its key must be looked up again
        adapter = await post(client, **ADAPTER)

    assert (false, adapter.status) == ([401, 429, 429], 503)
    assert intake.asked.count("Bearer adapter") == 2


async def test_a_bureau_is_no_adapter_and_gets_no_slot_at_the_gate() -> None:
    intake = Intake()
    async with intake.running() as client:
        statuses = [(await post(client, Authorization="Bearer bureau")).status for _ in range(3)]

    assert statuses == [403] * 3
    assert intake.left() == 100


async def test_any_bytes_as_a_key_are_an_unknown_key() -> None:
    intake = Intake()
    async with intake.running():
        status = await raw(intake.port, b"Authorization: Bearer \xff\xfe", b"{}")

    assert status == 401


async def test_a_known_caller_whose_body_is_late_holds_no_slot_meanwhile() -> None:
    intake = Intake(slots=1)
    async with intake.running() as client:
        await post(client, **ADAPTER)
        late = asyncio.create_task(
            raw(intake.port, b"Authorization: Bearer adapter", b"{", length=100)
        )

        async def has_called() -> bool:
            return not intake.callers.by_key.has_token("demo")

        intake.callers.by_key.try_take("demo")
        await eventually(has_called)
        other = await post(client, Authorization="Bearer other")
        assert await late == 408

    assert "Idempotency-Key" in other.problem["detail"], "it got no slot"
    assert intake.left() == 98


async def test_with_all_slots_taken_a_known_caller_is_shed_and_a_stranger_is_not_known() -> None:
    intake = Intake(slots=0, by_key=100)
    async with intake.running() as client:
        first, second = await post(client, **ADAPTER), await post(client, **ADAPTER)
        stranger = await post(client, **STRANGER)

    assert (first.status, second.status, stranger.status) == (503, 503, 401)
    assert "More is handed in than can be taken" in first.problem["detail"]
    assert first.problem == second.problem


async def test_look_ups_count_by_address_and_with_a_key_by_the_key() -> None:
    intake = Intake(by_address=4, by_key=2)
    async with intake.running() as client:
        with_key = [(await get(client, **ADAPTER)).status for _ in range(3)]
        without = [await get(client) for _ in range(4)]
        with_a_false_key = await get(client, **STRANGER)

    assert with_key == [404, 404, 429]
    assert [response.status for response in without] == [404, 404, 404, 429]
    assert without[-1].headers["Retry-After"] == "1"
    assert without[-1].problem["code"] == "over_rate"
    assert with_a_false_key.status == 429


async def test_behind_a_trusted_proxy_each_caller_counts_alone() -> None:
    intake = Intake(by_address=1, proxies=("127.0.0.0/8",))
    async with intake.running() as client:
        statuses = [
            (await get(client, **{"X-Forwarded-For": address})).status
            for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "9.9.9.9, 192.0.2.2")
        ]
        wrong = [
            (await post(client, **STRANGER, **{"X-Forwarded-For": address})).status
            for address in ("192.0.2.1", "192.0.2.3")
        ]

    assert statuses == [404, 404, 429, 429]
    assert wrong == [429, 401]


async def test_who_is_no_trusted_proxy_cannot_invent_addresses() -> None:
    async with Intake(by_address=1).running() as client:
        statuses = [
            (await get(client, **{"X-Forwarded-For": f"192.0.2.{n}"})).status for n in range(3)
        ]

    assert statuses == [404, 429, 429]


async def test_with_keys_that_cannot_be_looked_up_the_answer_is_503() -> None:
    intake = Intake(is_down=True)
    async with intake.running() as client:
        submission, look_up = await post(client, **ADAPTER), await get(client, **ADAPTER)

    assert (submission.status, look_up.status) == (503, 503)
    assert submission.headers["Retry-After"] == look_up.headers["Retry-After"] == "2"
    assert intake.left() == 100


async def raw(port: int, header: bytes, body: bytes, length: int | None = None) -> int:
    """Return the status of a submission with a header of any bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [b"POST /v1/submissions HTTP/1.1", b"Host: x", b"Content-Type: application/json"]
    lines += [header, b"Content-Length: %d" % (length or len(body))]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status
