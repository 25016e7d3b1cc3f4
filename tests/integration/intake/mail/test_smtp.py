"""The listener, as other mail servers speak to it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
from aiosmtplib import SMTP, SMTPDataError, SMTPRecipientRefused, SMTPSenderRefused

from services.intake.channels.mail.channel import MailListener
from services.intake.channels.mail.session import MAX_BYTES, MailLimits
from shared.contract.events import new_id
from shared.runtime.http.rate_limits import TokenBuckets
from tests.integration.intake.mail.postbox import ANA, CITY, REPORT, Postbox, mail
from tests.support.intake.mail_corpus.returns import ID, POSTFIX, report

pytestmark = pytest.mark.integration


@asynccontextmanager
async def listening(
    postbox: Postbox,
    clock: Callable[[], float] = time.monotonic,
    limits: MailLimits | None = None,
) -> AsyncGenerator[SMTP]:
    """A client of a listener of its own."""
    limits = limits or MailLimits(by_sender=TokenBuckets(1, clock, burst_s=20))
    listener = MailListener("127.0.0.1", 0, postbox.conversations, limits)
    server = await listener.open()
    client = SMTP(hostname="127.0.0.1", port=server.sockets[0].getsockname()[1], start_tls=False)
    try:
        await client.connect()
        yield client
    finally:
        client.close()
        await listener.close(server)


async def said(client: SMTP, *lines: bytes) -> bytes:
    """What a listener answers to raw lines, in all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    try:
        writer.write(b"\r\n".join(lines) + b"\r\nQUIT\r\n")
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_message_is_a_request_when_it_is_taken_and_again_changes_nothing(
    postbox: Postbox,
) -> None:
    message = bytes(mail(f".{REPORT}\n.\n..two", "Pothole", Message_ID="<a@b.example>"))
    async with listening(postbox) as client:
        for _ in range(2):
            _, answer = await client.sendmail(
                ANA, [CITY.upper(), "311@PORTLANDOREGON.gov"], message
            )
            assert answer == "2.0.0 Taken"
            assert len(await postbox.requests()) == 1

    [request] = await postbox.requests()
    assert request["description"] == f"Pothole\n\n.{REPORT}\n.\n..two"


async def test_what_is_said_and_refused(postbox: Postbox) -> None:
    async with listening(postbox) as client:
        _, greeting = await client.ehlo()
        for stranger in ("someone@portlandoregon.gov", f"311+{'a' * 26}@portlandoregon.gov"):
            with pytest.raises(SMTPRecipientRefused) as unknown:
                await refused(client, stranger)
            assert unknown.value.code == 550
        with pytest.raises(SMTPSenderRefused) as announced:  # before a byte of it was sent
            await client.mail(ANA, options=[f"SIZE={MAX_BYTES + 1}"])
        assert announced.value.code == 552
        await client.mail(ANA)
        await client.rcpt(CITY)
        with pytest.raises(SMTPDataError) as too_large:
            await client.data(b"Subject: x\r\n\r\n" + b"y" * MAX_BYTES)
        assert too_large.value.code == 552
        long_line = b"X: " + b"y" * 90_000 + b"\r\nFrom: ana@example.org\r\n\r\n" + REPORT.encode()
        await client.sendmail(ANA, [CITY], long_line)

    assert f"SIZE {MAX_BYTES}" in greeting
    assert "8BITMIME" in greeting
    assert len(await postbox.requests()) == 1


async def refused(client: SMTP, recipient: str) -> None:
    await client.mail(ANA)
    try:
        await client.rcpt(recipient)
    finally:
        await client.rset()


async def test_a_bare_line_feed_never_ends_a_message(postbox: Postbox) -> None:
    smuggled = b"MAIL FROM:<eve@example.org>\r\nRCPT TO:<" + CITY.encode() + b">\r\nDATA\r\nx"
    async with listening(postbox) as client:
        answers = await said(
            client,
            b"EHLO x",
            b"MAIL FROM:<ana@example.org>",
            b"RCPT TO:<" + CITY.encode() + b">",
            b"DATA",
            b"From: ana@example.org\r\n\r\n" + REPORT.encode() + b"\n.\r\n\n.\n" + smuggled,
            b".",
        )

    assert answers.count(b"250 2.0.0 Taken") == 1
    assert [one["description"].count("MAIL FROM") for one in await postbox.requests()] == [1]


async def test_a_message_that_breaks_off_is_nothing_and_one_that_fails_stays_with_its_sender(
    postbox: Postbox,
) -> None:
    message = bytes(mail(REPORT))
    start = [
        b"EHLO x",
        b"MAIL FROM:<ana@example.org>",
        b"RCPT TO:<" + CITY.encode() + b">",
        b"DATA",
    ]
    async with listening(postbox) as client:
        _, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(b"\r\n".join([*start, message]))
        writer.close()
        await writer.wait_closed()
        await postbox.pool.execute("ALTER TABLE requests RENAME TO hidden")
        with pytest.raises(SMTPDataError) as failed:
            await client.sendmail(ANA, [CITY], message)
        await postbox.pool.execute("ALTER TABLE hidden RENAME TO requests")
        assert failed.value.code == 451
        assert await postbox.pool.fetchval("SELECT count(*) FROM mail_messages") == 0
        await client.sendmail(ANA, [CITY], message)

    assert len(await postbox.requests()) == 1


async def test_connections_of_one_address_are_limited(postbox: Postbox) -> None:
    async with listening(postbox) as client:
        more = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(10)]
        greetings = [await reader.readline() for reader, _ in more]
        for _, writer in more:
            writer.close()
            await writer.wait_closed()

    assert [greeting[:3] for greeting in greetings] == [b"220"] * 9 + [b"421"]


async def test_messages_of_one_sender_are_limited(postbox: Postbox) -> None:
    message = bytes(mail("I am away", Auto_Submitted="auto-replied"))
    async with listening(postbox, clock=lambda: 0.0) as client:
        for _ in range(20):
            await client.sendmail(ANA, [CITY], message)
        with pytest.raises(SMTPDataError) as limited:
            await client.sendmail(ANA.upper(), [CITY], message)
        await client.sendmail("ben@example.org", [CITY], message)

    assert limited.value.code == 451


async def test_what_another_server_reports_about_our_mail_is_passed_on_and_nothing_is_forged_late(
    postbox: Postbox,
) -> None:
    young, old = new_id(), ID
    bounce = report("delivery-status", POSTFIX)
    async with listening(postbox) as client:
        with pytest.raises(SMTPRecipientRefused) as unknown:
            await refused(client, f"bounce+{old}@portlandoregon.gov")
        await client.sendmail("", [f"bounce+{young}@portlandoregon.gov"], bounce)
        await client.sendmail("", [CITY], bounce)
        await client.sendmail(ANA, [f"bounce+{young}@portlandoregon.gov"], bytes(mail(REPORT)))

    assert unknown.value.code == 550
    [returned] = await postbox.events("mail.returned")
    assert returned["subject"] == returned["data"]["notification_id"] == young
    assert (returned["data"]["kind"], returned["data"]["status"]) == ("bounced", "5.1.1")
    assert len(await postbox.requests()) == 1
