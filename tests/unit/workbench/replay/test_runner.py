"""Pacing: time passes as many times as fast as asked for."""

import asyncio
from datetime import timedelta

import pytest

from tests.support.builders import NOON
from workbench.replay.runner import Pacing, parse_speed


@pytest.mark.parametrize(("text", "factor"), [("max", None), ("1", 1.0), ("3600", 3600.0)])
def test_speed_is_a_factor_or_max(text: str, factor: float | None) -> None:
    assert parse_speed(text) == factor


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", ""])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - float's own words differ
        parse_speed(text)


async def test_an_hour_lasts_a_tenth_of_a_second_at_36000() -> None:
    pacing = Pacing(36_000)
    clock = asyncio.get_running_loop().time
    began = clock()

    await pacing.until(NOON)
    await pacing.until(NOON + timedelta(hours=1))

    assert clock() - began >= 0.1


async def test_what_has_no_time_or_an_early_one_waits_for_nothing() -> None:
    pacing = Pacing(0.001)

    async with asyncio.timeout(60):
        await pacing.until(NOON)
        await pacing.until(None)
        await pacing.until(NOON - timedelta(days=1))
