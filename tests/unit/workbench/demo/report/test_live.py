"""Live view: progress of each stage, and the latest urgent problems in plain words."""

from io import StringIO

from rich.console import Console

from shared.catalogue import load_catalogue
from shared.contract.events import Emergency
from tests.support.builders import location, priority
from tests.unit.workbench.demo.factories import Router
from tests.unit.workbench.demo.report.test_summary import DAY
from workbench.demo.report.live import (
    UrgentProblem,
    latest_urgent,
    live_view,
    progress_bars,
    progress_line,
)
from workbench.demo.run.runner import DemoProgress
from workbench.demo.run.submitter import ScenarioClock

CITY = load_catalogue().jurisdictions["portland.gov"]


def progress(router: Router) -> DemoProgress:
    clock = ScenarioClock(DAY.deliveries[-1].delivered_at, delivered=120)
    return DemoProgress(DAY, router.seen, clock, phase="the backlog", updates=4)


def an_urgent_case(router: Router, address: str = "NE Prescott St") -> None:
    made = router.accepts("/adapters/test", address, lane="express")
    router.opens(
        made,
        seconds=0.31,
        bureau="PBOT-MOD",
        service_name="Downed power line",
        priority=priority("P1", 95),
        location=location(address=address),
    )


def test_an_urgent_problem_is_told_with_place_bureau_and_time() -> None:
    router = Router()
    an_urgent_case(router)
    assert latest_urgent(router.seen, CITY, 3) == [
        UrgentProblem(
            "P1 Downed power line, NE Prescott St", "at PBOT Maintenance Dispatch after 0.3 s"
        )
    ]


def test_advice_to_call_911_is_told_as_well() -> None:
    router = Router()
    an_urgent_case(router)
    ((request_id, ruling),) = router.seen.decisions.items()
    danger = Emergency(code="live_wire", evidence="sparking")
    router.seen.decisions[request_id] = ruling.model_copy(update={"emergency": danger})
    assert latest_urgent(router.seen, CITY, 3)[0].then.endswith("told to call 911")


def test_only_the_latest_urgent_ones_are_told_and_no_routine() -> None:
    router = Router()
    for number in range(5):
        an_urgent_case(router, f"{number} Main St")
        router.opens(router.accepts("/adapters/test", f"routine {number}"))
    latest = latest_urgent(router.seen, CITY, 2)
    assert [urgent.what for urgent in latest] == [
        f"P1 Downed power line, {number} Main St" for number in (3, 4)
    ]


def test_the_picture_says_how_far_everything_is() -> None:
    router = Router()
    an_urgent_case(router)
    out = StringIO()
    Console(file=out, width=80).print(progress_bars(progress(router), CITY))
    text = out.getvalue()
    for words in ("Tuesday, March 3, 23:59", "the backlog", f"120 of {len(DAY.deliveries)}"):
        assert words in text
    assert "1 of 200" in text
    assert max(len(row) for row in text.splitlines()) <= 80


def test_a_line_says_how_far_everything_is() -> None:
    router = Router()
    an_urgent_case(router)
    assert progress_line(progress(router)) == (
        "23:59  1 answered, 1 decided, 1 problems at a bureau, 0 updates, 0 messages"
    )


async def test_where_there_is_no_terminal_the_last_line_is_always_printed() -> None:
    router = Router()
    out = StringIO()
    async with live_view(Console(file=out, width=80), progress(router), CITY):
        an_urgent_case(router)
    assert out.getvalue().splitlines() == [progress_line(progress(router))]
