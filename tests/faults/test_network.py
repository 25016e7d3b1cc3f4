"""Network faults between services and stores: slow, reset, fragmented or half-open connections."""

import pytest

from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.support.tcp_proxy import LinkFaults

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

LASTS_S = 20.0


async def weather(trial: Trial, weather: LinkFaults, lasts_s: float = LASTS_S) -> None:
    for link in trial.router.links:
        link.faults = weather
    await trial.run_traffic(lasts_s)
    for link in trial.router.links:
        link.faults = LinkFaults()


async def test_t20_every_link_is_slow(router: RouterUnderTest, seed: int) -> None:
    async def inject(trial: Trial) -> None:
        await weather(trial, LinkFaults(delay_s=0.1, jitter_s=0.05))

    def observe(trial: Trial) -> str:
        slowest = trial.history.slowest_s
        return f"a call took {slowest:.1f} s" if slowest > 0.2 else ""

    verdict = assert_survived(
        await run_trial(router, Scenario("T20", "links 100 ms slower, 20 s", inject, observe), seed)
    )
    assert verdict.slowest_call_s < 5


async def test_t20_every_connection_is_reset_again_and_again(
    router: RouterUnderTest, seed: int
) -> None:
    resets = 0

    async def inject(trial: Trial) -> None:
        nonlocal resets
        for _ in range(20):
            resets += sum(link.reset() for link in router.links)
            await trial.run_traffic(1)

    def observe(trial: Trial) -> str:
        return f"{resets} resets" if resets > 20 and trial.reconnects > 20 else ""

    verdict = assert_survived(
        await run_trial(router, Scenario("T20b", "resets each second, 20 s", inject, observe), seed)
    )
    assert verdict.slowest_call_s < 5


async def test_t20_data_arrives_in_single_bytes(router: RouterUnderTest, seed: int) -> None:
    async def inject(trial: Trial) -> None:
        await weather(trial, LinkFaults(slice_bytes=1), lasts_s=10)

    def observe(trial: Trial) -> str:
        slices = sum(link.slices for link in trial.router.links)
        return f"{slices:,} slices" if slices > 10_000 else ""

    verdict = assert_survived(
        await run_trial(router, Scenario("T20c", "1-byte slices, 10 s", inject, observe), seed)
    )
    assert verdict.slowest_call_s < 5


async def test_t20_links_swallow_what_the_services_say(router: RouterUnderTest, seed: int) -> None:
    async def inject(trial: Trial) -> None:
        await weather(trial, LinkFaults(drop_from_clients=True))

    def observe(trial: Trial) -> str:
        swallowed = sum(link.dropped_bytes for link in trial.router.links)
        return f"{swallowed:,} bytes swallowed" if swallowed else ""

    verdict = assert_survived(
        await run_trial(router, Scenario("T20d", "one-way black hole, 20 s", inject, observe), seed)
    )
    assert verdict.slowest_call_s < 5
