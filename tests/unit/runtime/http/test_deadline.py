import asyncio

import pytest
from structlog.testing import capture_logs

from shared.errors import SystemicError
from shared.runtime.http.deadline import Deadline, DeadlineExceededError, database_unavailable


async def never() -> None:
    await asyncio.Event().wait()


async def ready() -> str:
    return "done"


async def failing() -> None:
    raise ValueError("as it is")


async def test_what_is_ready_in_time_is_returned() -> None:
    assert await Deadline(5).wait_for(ready()) == "done"


async def test_an_error_comes_through() -> None:
    with pytest.raises(ValueError, match="as it is"):
        await Deadline(5).wait_for(failing())


async def test_what_takes_too_long_goes_on_without_the_caller() -> None:
    go_on, done = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await go_on.wait()
        done.set()
        raise ValueError("nobody hears it")

    with pytest.raises(DeadlineExceededError):
        await Deadline(0.01).wait_for(slow())
    go_on.set()
    await asyncio.wait_for(done.wait(), 5)


async def test_all_that_one_caller_waits_for_shares_one_span() -> None:
    deadline = Deadline(0.05)
    with pytest.raises(DeadlineExceededError):
        await deadline.wait_for(never())
    began = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineExceededError):
        await deadline.wait_for(never())

    assert asyncio.get_running_loop().time() - began < 0.04


def test_the_log_says_why_callers_are_not_served_and_not_for_each_of_them() -> None:
    class MissingColumnError(SystemicError):
        code = "missing_column"

    with capture_logs() as logs:
        answers = [
            database_unavailable("Call again.", MissingColumnError("no such column"))
            for _ in range(100)
        ]

    assert {answer.status for answer in answers} == {503}
    [line] = logs
    assert line["event"] == "call_not_served"
    assert (line["code"], line["reason"]) == ("missing_column", "no such column")
