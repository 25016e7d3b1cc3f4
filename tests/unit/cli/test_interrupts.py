import asyncio
import os
import signal

import pytest

from cli.interrupts import InterruptedRunError, run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_the_command_clean_up_and_ends_it(number: signal.Signals) -> None:
    cleaned: list[str] = []

    async def command() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")

    with pytest.raises(InterruptedRunError):
        run(command())

    assert cleaned == ["up"]


def test_a_command_that_ends_by_itself_returns_its_value() -> None:
    async def command() -> int:
        return 7

    assert run(command()) == 7
