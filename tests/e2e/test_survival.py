"""Kill -9 of each service in the middle of a replay: nothing lost, nothing twice, no gap."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

REQUESTS = 1_500
LASTS_S = 20
SOURCE = "/replay/submissions"
SERVICES = ("intake", "triage", "dispatch", "notify")
KINDS = ("CAMP-REPORT", "ROW-POTHOLE", "GRAF-PUBLIC", "ROW-DEBRIS", "VEH-ABANDONED")


def write_day(file: Path) -> None:
    """Write reports of one hour; a third repeat a location, half ask for e-mail."""
    random = Random(311)
    start = datetime(2026, 3, 2, 17, tzinfo=UTC)
    places = [
        (random.choice(KINDS), random.uniform(45.46, 45.57), random.uniform(-122.7, -122.55))
        for _ in range(REQUESTS * 2 // 3)
    ]
    with file.open("w") as lines:
        for number in range(REQUESTS):
            kind, latitude, longitude = places[number % len(places)]
            row: dict[str, Any] = {
                "time": (start + timedelta(seconds=3600 * number / REQUESTS)).isoformat(),
                "jurisdiction": "portland.gov",
                "channel": "app",
                "service_code": kind,
                "description": f"Report {number}",
                "location": {"latitude": latitude, "longitude": longitude, "accuracy_m": 5},
            }
            if number % 2:
                row["reporter"] = {
                    "email": f"survivor-{number}@example.org",
                    "status_updates": ["email"],
                }
            lines.write(json.dumps(row) + "\n")


async def kill_each(router: Router) -> None:
    for service in SERVICES:
        killed = router.kill(service)

        async def back(service: str = service, killed: int = killed) -> bool:
            return router.pid_of(service) not in {None, killed}

        await eventually(back)


def gapless(versions: Iterable[int]) -> bool:
    found = sorted(versions)
    return found == list(range(1, len(found) + 1))


async def test_each_service_is_killed_in_a_replay_and_nothing_is_lost_or_done_twice(
    router: Router, tmp_path: Path
) -> None:
    write_day(tmp_path / "day.jsonl")
    replay = asyncio.create_task(
        router.command(
            "replay", str(tmp_path / "day.jsonl"), "--speed", str(3600 / LASTS_S), "--json"
        )
    )

    async def flows() -> bool:
        receipts = await router.events("intake-receipts")
        return len([r for r in receipts if r["data"]["submission_source"] == SOURCE]) > 50

    await eventually(flows)
    await kill_each(router)
    assert not replay.done(), "the replay was over before the last kill"
    code, output, errors = await replay
    assert code == 0, errors
    summary = json.loads(output)
    assert (summary["sent"], summary["accepted"]) == (REQUESTS, REQUESTS)

    requests = await accepted_requests(router)
    assert len(requests) == REQUESTS
    await check_decisions(router, requests)
    await check_cases(router, requests)
    await check_work_orders(router)
    await check_mails(router)


async def accepted_requests(router: Router) -> set[str]:
    receipts = [
        r["data"]
        for r in await router.events("intake-receipts")
        if r["data"]["submission_source"] == SOURCE
    ]
    assert len({r["submission_id"] for r in receipts}) == len(receipts)
    return {r["request_id"] for r in receipts}


async def check_decisions(router: Router, requests: set[str]) -> None:
    decisions = [
        event["data"]
        for event in await router.events("triage-decisions")
        if event["data"]["request_id"] in requests
    ]
    assert Counter(d["request_id"] for d in decisions) == Counter(requests)
    assert Counter(d["outcome"] for d in decisions)["duplicate"] >= REQUESTS // 4


async def check_cases(router: Router, requests: set[str]) -> None:
    versions: defaultdict[str, list[int]] = defaultdict(list)
    members: list[str] = []
    for event in await router.events("dispatch-cases"):
        versions[event["data"]["case_id"]].append(event["data"]["version"])
        if event["type"].endswith(("case.opened.v1", "case.request_attached.v1")):
            members.append(event["data"]["request_id"])
    assert all(gapless(found) for found in versions.values())
    joined = Counter(member for member in members if member in requests)
    assert set(joined.values()) <= {1}, "a request is in two cases"


async def check_work_orders(router: Router) -> None:
    topics = [name for name in await router.topics() if name.endswith("-work")]
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for event in await router.events(*topics):
        if not event["type"].endswith("reminder.v1"):  # it repeats the version that it is about
            versions[event["data"]["work_order_id"]].append(event["data"]["version"])
    assert versions
    assert all(gapless(found) for found in versions.values())


async def check_mails(router: Router) -> None:
    expected = {f"survivor-{number}@example.org" for number in range(1, REQUESTS, 2)}

    async def told_or_unknown() -> bool:
        deliveries = await router.events("notify-deliveries")
        unknown = len([e for e in deliveries if e["type"].endswith("unknown.v1")])
        notified = {mail["To"] for mail in router.mails()} & expected
        return len(notified) + unknown >= len(expected)

    await eventually(told_or_unknown, within_s=90)
    mails = [mail for mail in router.mails() if mail["To"] in expected]
    assert len({mail["Message-ID"] for mail in mails}) == len(mails), "a message went out twice"


async def test_the_same_file_again_makes_no_second_request_and_no_second_message(
    router: Router, tmp_path: Path
) -> None:
    file = tmp_path / "day.jsonl"
    write_day(file)
    await router.command("replay", str(file))
    decided = len(await router.events("triage-decisions"))
    mailed = len(router.mails())

    code, output, errors = await router.command("replay", str(file), "--json")

    assert code == 0, errors
    assert json.loads(output)["accepted"] == REQUESTS
    assert json.loads(output)["outcomes"] == {}
    assert len(await router.events("triage-decisions")) == decided
    assert len(router.mails()) == mailed


async def test_the_command_line_says_how_the_router_is(router: Router) -> None:
    code, output, _ = await router.command("status", "--json")
    assert code == 0
    assert set(json.loads(output)["services"]) == {*SERVICES, "triage-stream"}

    assert "nothing to do" in (await router.command("migrate"))[1]
    assert "0 changes" in (await router.command("topics", "apply"))[1]


async def test_a_report_that_cannot_be_accepted_is_one_readable_line(router: Router) -> None:
    code, _, errors = await router.command("submit", "Sofa", "--kind", "NO-SUCH-KIND")

    assert code == 1
    assert errors.startswith("route311: ")
    assert "service_code" in errors
    assert len(errors.splitlines()) == 1
