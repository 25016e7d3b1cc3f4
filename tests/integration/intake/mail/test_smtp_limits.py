"""The listener's limits: commands, refusals, time and memory of connections."""

import asyncio
from contextlib import suppress

import pytest
from aiosmtplib import SMTP
from structlog.testing import capture_logs

from services.intake.channels.mail.session import MailLimits, MemoryBudget
from tests.integration.intake.mail.postbox import CITY, REPORT, Postbox, mail
from tests.integration.intake.mail.test_smtp import listening
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

TO = [b"EHLO x", b"MAIL FROM:<ana@example.org>", b"RCPT TO:<" + CITY.encode() + b">", b"DATA"]


async def replies(port: int | None, *lines: bytes) -> list[bytes]:
    """All replies to raw lines, until the listener closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\r\n".join([*lines, b""]))
    answer = b""
    with suppress(ConnectionError):
        while part := await reader.read(65_536):
            answer += part
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return answer.splitlines()


@pytest.mark.parametrize(
    "command", [b"", b"\xff", b"NEVER", b"MAIL FROM:<a", b"RCPT TO:<a@b>", b"x" * 600]
)
async def test_a_connection_ends_after_too_many_refusals(postbox: Postbox, command: bytes) -> None:
    async with listening(postbox) as client:
        got = await replies(client.port, b"EHLO x", *[command] * 6_000)

    assert 5 < len(got) <= 60


async def test_a_size_that_is_no_number_is_a_syntax_error_and_no_fault(
    postbox: Postbox,
) -> None:
    with capture_logs() as logged:
        async with listening(postbox) as client:
            sized = "MAIL FROM:<ana@example.org> SIZE=²".encode()
            got = await replies(client.port, b"EHLO x", sized, b"QUIT")

    assert got[-2].startswith(b"501 ")
    assert not [entry for entry in logged if entry["event"] == "mail_failed"]


@pytest.mark.parametrize("command", [b"NOOP", b"RSET", b"VRFY a@b", b"HELP"])
async def test_a_connection_ends_after_too_many_commands(postbox: Postbox, command: bytes) -> None:
    async with listening(postbox) as client:
        got = await replies(client.port, *[command] * 6_000)

    assert 1_000 < len(got) <= 5_001


async def test_a_connection_has_a_deadline_however_busy_it_is(postbox: Postbox) -> None:
    limits = MailLimits(session_s=0.5)
    async with listening(postbox, limits=limits) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        with suppress(ConnectionError):
            while await reader.readline():
                writer.write(b"NOOP\r\n")
        writer.close()
        await eventually(lambda: is_closed(limits, client))


async def is_closed(limits: MailLimits, client: SMTP) -> bool:
    """Tell whether no connection is open, the idle one of the client included."""
    return not limits.open and not client.is_connected


async def test_nobody_learns_who_has_an_address_here(postbox: Postbox) -> None:
    async with listening(postbox) as client:
        known, unknown = [
            await replies(client.port, b"VRFY " + who, b"EXPN " + who, b"HELP " + who, b"QUIT")
            for who in (CITY.encode(), b"stranger@portlandoregon.gov")
        ]

    assert known == unknown
    assert [line[:3] for line in known] == [b"220", b"252", b"502", b"214", b"221"]


async def test_messages_in_transfer_share_a_budget_and_the_excess_comes_later(
    postbox: Postbox,
) -> None:
    limits = MailLimits(memory=MemoryBudget(100_000))
    message = bytes(mail(REPORT, X="y" * 60_000))
    async with listening(postbox, limits=limits) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(b"\r\n".join([*TO, message]))
        await reader.readuntil(b"354")
        await eventually(lambda: is_full(limits))
        second = await replies(client.port, *TO, message, b".", b"QUIT")
        writer.write(b".\r\n")
        first = await reader.readuntil(b"Taken")
        writer.close()
        await writer.wait_closed()
        third = await replies(client.port, *TO, message, b".", b"QUIT")

    assert second[-2].startswith(b"452 4.3.1")
    assert b"250" in first
    assert third[-2].startswith(b"250")
    assert limits.memory.free == 100_000


async def is_full(limits: MailLimits) -> bool:
    return limits.memory.free < 40_000
