"""Bureaus that are slow or dead, and dispatch killed while it serves webhooks and a feed."""

import asyncio
import time
from collections.abc import Mapping

import pytest

from tests.faults.kit.http_bureaus import (
    Arrival,
    Behaviour,
    Dispatch,
    WebhookBureau,
    calling,
    out_of_order,
    p99_ms,
    webhook_bureaus,
)
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.faults.test_crashes import kill_often
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(600),
]

BY_WEBHOOK, BY_FEED = "PBOT-MOD", "PBOT-MAINT"
BAD: Mapping[str, Behaviour] = {
    "IRP": "black hole",
    "PBOT-PARKING": "slow",
    "BPS-GRAFFITI": "500",
    "PPD-CODE": "302",
    "PBOT-LIGHTING": "410",
}
BEFORE_S, DURING_S = 30, 90
BREAKER_WITHIN_S = 60


async def breakers_open(dispatch: Dispatch) -> float:
    """Return the seconds until every bad webhook is held back."""
    began = time.monotonic()

    async def held_back() -> bool:
        states = [await dispatch.webhook(code) for code in BAD]
        return all(s["breaker"] != "closed" or s["disabled_reason"] == "gone" for s in states)

    await eventually(held_back, within_s=BREAKER_WITHIN_S)
    return time.monotonic() - began


async def catch_up(dispatch: Dispatch, bureaus: Mapping[str, WebhookBureau]) -> None:
    """Let all bureaus recover, and wait until each has what it is due."""
    for code in BAD:
        bureaus[code].recover()
    gone = bureaus["PBOT-LIGHTING"]
    url = (await dispatch.webhook(gone.code))["url"]
    body = {"url": url, "enabled": True}
    await dispatch.call("PUT", f"/v1/bureaus/{gone.code}/webhook", json=body)

    async def all_closed() -> bool:
        return all([(await dispatch.webhook(code))["breaker"] == "closed" for code in BAD])

    await eventually(all_closed, within_s=90)


async def test_t16_bureaus_that_hang_fail_and_redirect_harm_nobody_else(
    router: RouterUnderTest, seed: int
) -> None:
    read: list[Arrival] = []
    measured: dict[str, float] = {}
    async with (
        calling(router) as dispatch,
        webhook_bureaus(dispatch, BY_WEBHOOK, *BAD) as bureaus,
        asyncio.TaskGroup() as group,
    ):
        good = bureaus[BY_WEBHOOK]
        reading = group.create_task(dispatch.read_feed(BY_FEED, read))

        async def inject(trial: Trial) -> None:
            first_called, first_read = len(good.arrivals), len(read)
            await trial.run_traffic(BEFORE_S)
            called, arrived = len(good.arrivals), len(read)
            measured["webhook before"] = p99_ms(good.arrivals[first_called:])
            measured["feed before"] = p99_ms(read[first_read:])
            for code, behaviour in BAD.items():
                bureaus[code].behaviour = behaviour
            measured["breakers open after s"] = await breakers_open(dispatch)
            await trial.run_traffic(DURING_S - measured["breakers open after s"])
            measured["webhook during"] = p99_ms(good.arrivals[called:])
            measured["feed during"] = p99_ms(read[arrived:])
            await catch_up(dispatch, bureaus)

        def observe(_: Trial) -> str:
            refused = {code: sum(bureaus[code].answers.values()) for code in BAD}
            if not all(refused.values()):
                return ""
            return ", ".join(f"{name} {value:.0f}" for name, value in measured.items())

        what = "5 bureaus hang, are slow, 500, 302, 410"
        assert_survived(await run_trial(router, Scenario("T16", what, inject, observe), seed))
        reading.cancel()
    assert bureaus["PPD-CODE"].followed == 0
    assert not [code for code, one in bureaus.items() if out_of_order(one.arrivals)]
    for way in ("webhook", "feed"):
        assert measured[f"{way} during"] < 2 * measured[f"{way} before"] + 100, measured


async def test_t37_dispatch_is_killed_while_it_serves_webhooks_and_a_feed(
    router: RouterUnderTest, seed: int
) -> None:
    read: list[Arrival] = []
    async with calling(router) as dispatch:
        issued_before = len(await every_event(dispatch, BY_WEBHOOK))
    async with (
        calling(router) as dispatch,
        webhook_bureaus(dispatch, BY_WEBHOOK, "IRP") as bureaus,
        asyncio.TaskGroup() as group,
    ):
        reading = group.create_task(dispatch.read_feed(BY_FEED, read))
        before = router.deaths.get("dispatch", 0)

        async def inject(trial: Trial) -> None:
            await kill_often(trial, "dispatch", 10)

        def observe(_: Trial) -> str:
            deaths = router.deaths.get("dispatch", 0) - before
            took = [one for bureau in bureaus.values() for one in bureau.arrivals]
            repeats = len(took) - len({one.event_id for one in took})
            got = f"{len(took):,} by webhook, {repeats} of them again, {len(read):,} by feed"
            return f"{deaths} deaths, {got}" if deaths >= 10 and took and read else ""

        what = "kill -9 dispatch under webhooks and feed, 10 times"
        assert_survived(await run_trial(router, Scenario("T37", what, inject, observe), seed))
        kept = await every_event(dispatch, BY_FEED)

        async def all_read() -> bool:
            return len(read) >= len(kept)

        await eventually(all_read)
        reading.cancel()
        issued = set((await every_event(dispatch, BY_WEBHOOK))[issued_before:])
    assert issued <= {one.event_id for one in bureaus[BY_WEBHOOK].arrivals}
    assert [one.event_id for one in read] == kept, "the feed lost or repeated an event"
    assert not out_of_order(read)
    assert not [code for code, one in bureaus.items() if out_of_order(one.arrivals)]


async def every_event(dispatch: Dispatch, bureau: str) -> list[str]:
    """Return the ids of all events in the feed of a bureau, in order."""
    found: list[str] = []
    query = {"limit": "500"}
    while True:
        page = await dispatch.call("GET", f"/v1/bureaus/{bureau}/work-orders", bureau, params=query)
        found += [event["id"] for event in page["events"]]
        query["after"] = page["next"]
        if not page["more"]:
            return found
