"""Commands by which operators look at a whole router: cases, and tables that fit a terminal."""

import asyncio
import json
import signal
from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio

from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.clock import utc_now
from shared.runtime.kafka import open_sink
from shared.runtime.outgoing import Outgoing
from tests.support.erasure import report
from tests.support.operated_router import OperatedRouter
from tests.support.program import RunningProgram
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]
SUMMARY = "A pothole as deep as a bathtub, in the middle of the street behind the old cannery"


@pytest.fixture(scope="module")
def since() -> str:
    """Moment before the first report of these tests; the router has older ones."""
    return utc_now().isoformat()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def number(router: OperatedRouter, since: str) -> str:
    """Tracking number of a pothole; another report and a dead letter are there, too."""
    pothole = report("ana@example.org", service_code="ROW-POTHOLE", description=SUMMARY)
    tree = report("bea@example.org", service_code="ROW-DEBRIS")
    await router.hand_in(pothole, tree)
    async with open_sink(router.stack.access) as sink:
        await sink.publish([Outgoing("", CHANNEL_SUBMISSIONS.name, b"adapter", b"garbage")])
    (_, found), _ = await router.requests(pothole, tree)

    async def all_cases() -> bool:
        return len((await router.command("cases", "list", "--since", since))[1]["cases"]) == 2

    await eventually(all_cases, within_s=60)
    await eventually(lambda: router.records("channel-submissions-dlq"), within_s=60)
    return found


async def test_cases_are_listed_by_the_filters_of_dispatch(
    router: OperatedRouter, number: str, since: str
) -> None:
    async def kinds(*filters: str) -> list[str]:
        code, found = await router.command("cases", "list", "--since", since, *filters)
        assert code == 0
        return sorted(case["service_code"] for case in found["cases"])

    assert await kinds() == ["ROW-DEBRIS", "ROW-POTHOLE"]
    assert await kinds("--kind", "ROW-POTHOLE") == ["ROW-POTHOLE"]
    assert await kinds("--q", "bathtub", "--status", "open") == ["ROW-POTHOLE"]
    assert await kinds("--search", number, "--not-overdue") == ["ROW-POTHOLE"]
    for other in (("--overdue",), ("--bureau", "WATER"), ("--bbox", "0,0,1,1")):
        assert await kinds(*other) == []
    page = (await router.command("cases", "list", "--limit", "1"))[1]
    assert page["more"]
    rest = (await router.command("cases", "list", "--limit", "1", "--after", page["next"]))[1]
    assert page["cases"][0]["case_id"] != rest["cases"][0]["case_id"]


async def test_a_wrong_filter_is_one_line_that_names_it(router: OperatedRouter) -> None:
    done = await router.route311("cases", "list", "--kind", "NO-KIND")

    assert done.code == 1
    [line] = done.errors.splitlines()
    assert line.startswith("route311: kind: ")


async def test_a_case_is_shown_by_its_id_and_by_a_tracking_number(
    router: OperatedRouter, number: str
) -> None:
    _, by_number = await router.command("cases", "show", number)
    _, by_id = await router.command("cases", "show", by_number["case_id"])
    shown = await router.lines("cases", "show", number)

    assert by_id["case_id"] == by_number["case_id"]
    assert by_number["history"][0]["what"] == "opened"
    assert [request["tracking_number"] for request in by_number["requests"]] == [number]
    for heading in ("Requests", "Work orders", "History"):
        assert heading in shown
    assert any(line.startswith(number) for line in shown)


async def test_changes_are_printed_as_they_happen_and_resumed_after_an_event(
    router: OperatedRouter, number: str
) -> None:
    opened = (await router.command("cases", "show", number))[1]["history"][0]["event_id"]
    async with router.started("cases", "watch", "--after", opened, "--json") as watch:
        lowered = await changed(router, watch, number, "lower", "P4")
        raised = await changed(router, watch, number, "raise", "P2")
        watch.send_signal(signal.SIGINT)
        assert await watch.wait() == 130
    async with router.started("cases", "watch", "--after", lowered["id"]) as resumed:
        line = await printed(resumed)
        resumed.send_signal(signal.SIGINT)
        assert await resumed.wait() == 130

    assert line.split()[1:3] == ["P2", "priority"]
    assert lowered["data"]["case_id"] == raised["data"]["case_id"]


async def changed(
    router: OperatedRouter, watch: RunningProgram, number: str, action: str, level: str
) -> dict[str, Any]:
    """Change the priority of a case; return the event of it that a watcher prints."""
    options = ("--case", number, "--to", level, "--reason", "Looked at it")
    await router.command("operator", action, *options)
    while True:
        event: dict[str, Any] = json.loads(await printed(watch))
        if event["type"].split(".")[2].startswith("priority"):
            return event


async def printed(process: RunningProgram) -> str:
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode()


@pytest.mark.parametrize("columns", [50, 80])
async def test_no_command_prints_a_line_that_is_wider_than_the_terminal(
    router: OperatedRouter, number: str, columns: int
) -> None:
    await router.command("keys", "add", "operator", "somebody with a rather long name")
    commands: Sequence[tuple[str, ...]] = (
        ("status",),
        ("cases", "list"),
        ("cases", "show", number),
        ("dlq", "list"),
        ("keys", "list"),
        ("notify", "log"),
        ("triage", "explain", number),
    )
    for command in commands:
        lines = await router.lines(*command, columns=columns)
        assert max(map(len, lines)) <= columns, (command, lines)
    messages = " ".join(await router.lines("notify", "log", number, columns=columns)).split()
    assert {number, "received", "email", "en", "sent"} <= {*messages}
