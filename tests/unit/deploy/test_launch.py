import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import accumulate

import pytest

from deploy.local.errors import StartError
from deploy.local.folder import DataFolder
from deploy.local.launch import next_backoff_s, restart_on_exit, run_all, running
from deploy.local.process import Process, Program
from deploy.local.report import Died, StackEvent, Started
from tests.support.waiting import eventually
from tests.unit.deploy.dying_service import taken_port, triage_at
from tests.unit.deploy.probes import not_ready, ready


async def test_a_program_that_fails_at_first_is_built_anew_and_tried_again(
    folder: DataFolder,
) -> None:
    good = Program("kafka", ("sleep", "60"), 2, ready)
    programs = iter([Program("kafka", ("false",), 1, not_ready), good])
    events: list[StackEvent] = []

    async def build() -> Process:
        return Process(next(programs), folder)

    async with running(build, events.append, 5) as process:
        assert process.program is good
        assert process.pid

    assert [type(event) for event in events] == [Died, Started]
    assert process.pid is None


async def test_after_three_failed_tries_the_last_error_goes_on(folder: DataFolder) -> None:
    built: list[Process] = []

    async def build() -> Process:
        built.append(Process(Program("kafka", ("false",), 1, not_ready), folder))
        return built[-1]

    with pytest.raises(StartError):
        async with running(build, lambda _: None, 5):
            pass

    assert len(built) == 3


@asynccontextmanager
async def part(name: str, log: list[str], meet: asyncio.Barrier) -> AsyncGenerator[str, None]:
    await meet.wait()
    log.append(f"{name} entered")
    try:
        yield name
    finally:
        await meet.wait()
        log.append(f"{name} left")


@asynccontextmanager
async def broken(after: asyncio.Event) -> AsyncGenerator[str, None]:
    await after.wait()
    raise StartError("broken")
    yield ""


async def test_parts_are_entered_and_left_at_the_same_time() -> None:
    log: list[str] = []
    meet = asyncio.Barrier(2)  # would wait for ever for one who comes alone

    async with asyncio.timeout(60), run_all([part("a", log, meet), part("b", log, meet)]) as names:
        assert names == ["a", "b"]

    assert sorted(log[2:]) == ["a left", "b left"]


async def test_one_part_that_fails_takes_down_those_entered_and_those_still_waiting() -> None:
    log: list[str] = []
    entered = asyncio.Event()

    @asynccontextmanager
    async def first() -> AsyncGenerator[str, None]:
        entered.set()
        yield "first"
        log.append("first left")

    @asynccontextmanager
    async def slow() -> AsyncGenerator[str, None]:
        try:
            await asyncio.Event().wait()
            yield "slow"
        finally:
            log.append("slow given up")

    with pytest.raises(StartError, match="broken"):
        async with run_all([first(), slow(), broken(entered)]):
            pass

    assert sorted(log) == ["first left", "slow given up"]


async def test_a_program_that_cannot_be_started_is_tried_until_it_can(folder: DataFolder) -> None:
    home = folder.path / "home"
    home.mkdir()
    process = Process(Program("kafka", ("sleep", "60"), 1, ready, directory=home), folder)
    events: list[StackEvent] = []

    async def was_tried() -> bool:
        return sum(isinstance(event, Died) for event in events) > 1

    async def is_back() -> bool:
        return any(isinstance(event, Started) for event in events)

    await process.start()
    async with restart_on_exit([process], events.append):
        home.rmdir()
        process.kill()
        await eventually(was_tried)
        home.mkdir()
        await eventually(is_back)
    await process.stop(5)


async def test_a_service_that_dies_by_an_exception_is_started_again(folder: DataFolder) -> None:
    events: list[StackEvent] = []

    async def was_tried_again() -> bool:
        return sum(isinstance(event, Died) for event in events) > 1

    with taken_port() as port:
        process = Process(triage_at(port), folder)
        await process.start()
        async with restart_on_exit([process], events.append):
            await eventually(was_tried_again)
    await process.stop(5)

    died = next(event for event in events if isinstance(event, Died))
    assert died.exit_code == 1
    assert "builtins.OSError: error while attempting to bind" in died.last_lines[-1]


async def test_an_error_of_the_report_does_not_end_the_watch(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    process = Process(Program("kafka", ("sleep", "60"), 1, ready), folder)
    reported: list[StackEvent] = []

    def broken_view(event: StackEvent) -> None:
        reported.append(event)
        raise UnicodeEncodeError("ascii", "ñ", 0, 1, "secret")

    async def died_twice_and_is_back() -> bool:
        return [type(event) for event in reported] == [Died, Started] * 2

    await process.start()
    async with restart_on_exit([process], broken_view):
        process.kill()
        await eventually(lambda: started_again(process, 1, reported))
        process.kill()
        await eventually(died_twice_and_is_back)
        assert process.pid
    await process.stop(5)

    assert len(caplog.messages) == 4
    assert "kafka continues after UnicodeEncodeError" in caplog.text
    assert "secret" not in caplog.text


async def started_again(process: Process, times: int, events: list[StackEvent]) -> bool:
    return sum(isinstance(event, Started) for event in events) == times and bool(process.pid)


def test_pauses_double_from_a_fifth_of_a_second_to_ten_seconds() -> None:
    pauses = list(accumulate(range(8), lambda pause, _: next_backoff_s(pause, 1), initial=0.0))

    assert pauses == pytest.approx([0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0])


def test_after_the_first_death_the_program_starts_at_once() -> None:
    assert next_backoff_s(None, 0.1) == 0.0


@pytest.mark.parametrize(("uptime_s", "backoff_s"), [(9.9, 10.0), (10.0, 0.0)])
def test_only_ten_seconds_of_life_make_the_pauses_begin_anew(
    uptime_s: float, backoff_s: float
) -> None:
    assert next_backoff_s(10.0, uptime_s) == backoff_s
