"""Commands whose server goes away in the middle of a call."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import pytest

from cli import calls
from cli import submit as submit_command
from cli.main import main
from workbench.bureau import command as simulation_command

COMMANDS = {
    "intake": ("submit", "A small pothole"),
    "dispatch": ("bureau", "webhook", "show", "WATER"),
    "dispatch, simulated": ("bureau", "simulate", "WATER"),
    "dispatch, watched": ("cases", "watch"),
}


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    """A server that reads a call and goes away."""

    async def go_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(go_away, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("server", COMMANDS)
async def test_it_is_said_in_one_sentence_with_what_to_do(
    server: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = SimpleNamespace(adapters={"demo": "key"}, operator="key", bureaus={"WATER": "key"})
    stack = SimpleNamespace(intake=url, dispatch=url, keys=keys)
    for module in (submit_command, calls, simulation_command):
        monkeypatch.setattr(module, "load_stack", lambda _: stack)
    monkeypatch.setattr(sys, "argv", ["route311", *COMMANDS[server]])

    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(main)

    name = server.partition(",")[0]
    assert str(ended.value).startswith(
        f"route311: {name} closed the connection before its response; "
    )
