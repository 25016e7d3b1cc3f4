"""``/ready`` names a reader that is blocked, and no outage of the broker."""

from dataclasses import dataclass

import pytest

from shared.runtime.service import ServiceParts, unready_reason


@dataclass
class FakeReader:
    name: str
    blocked: str | None = None
    ready: bool = True


async def test_a_blocked_reader_makes_the_service_unready_and_is_named() -> None:
    readers = [
        FakeReader("intake"),
        FakeReader("intake-status", "it died at a/0/1"),
    ]

    reason = await unready_reason(ServiceParts(None, tasks=[], readers=readers))

    assert reason == "intake-status is blocked: it died at a/0/1"


@pytest.mark.parametrize("ready", [True, False])
async def test_a_reader_that_waits_for_the_broker_is_not_blocked(ready: bool) -> None:
    readers = [FakeReader("intake", ready=ready)]

    assert await unready_reason(ServiceParts(None, tasks=[], readers=readers)) is None
