"""Callers, the gate and the route together, as an HTTP client sees them; the keys are in memory."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from shared.runtime.http.api_keys import TTL_S
from tests.support.waiting import eventually
from tests.unit.runtime.http.serving import ADAPTER, STRANGER, Intake, get, post


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
    assert "Overloaded" in first.problem["detail"]
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
