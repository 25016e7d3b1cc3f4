"""Messages per second beside the bare libraries: ``python -m tests.bench.message_speed``.

Notify's workers send what is due in a real PostgreSQL to an SMTP server and an HTTP provider in a
process of their own. Then aiosmtplib and aiohttp alone send as many ready messages over as many
connections to the same servers.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import TypeAlias

import aiohttp
import aiosmtplib
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.site import open_site
from services.notify.channels.email.channel import DkimSigner, EmailSender
from services.notify.channels.email.message import MailIdentity, build_message
from services.notify.channels.sms.channel import open_senders
from services.notify.delivery.store import PostgresDeliveryQueue
from services.notify.delivery.worker import DeliveryWorker, Provider, Sender
from services.notify.settings import NotifySettings
from shared.runtime.clock import utc_now
from shared.runtime.migrate import migrate
from shared.runtime.ops.logging import configure_logging
from shared.runtime.postgres import Pool, open_pool
from shared.runtime.smtp import open_mailers
from shared.vocabulary import StatusChannel
from tests.support.notify.factories import LANGUAGE_RULES, SEALER, SENDER, message_data, renderer
from tests.support.temporary_folders import open_to_postgres

INBOX = {"portland.gov": "311@portlandoregon.gov"}
NUMBER = "+15035550199"
Connection: TypeAlias = AbstractAsyncContextManager[Callable[[], Awaitable[object]]]
FILL = """
    WITH made AS (
        SELECT gen_random_uuid() AS request_id, gen_random_uuid() AS case_id, n
          FROM generate_series(1, $1::integer) AS n),
    asked AS (
        INSERT INTO requests (request_id, person, sealed_mailbox, sealed_phone, wants_email,
                              wants_sms, sealed_name, tracking_number, jurisdiction, service_code,
                              language, address, emergency)
        SELECT request_id, $2 || n, 'p' || n || '@example.org', '+1503' || (5550000 + n), true,
               true, 'Ana', '26-' || n, 'portland.gov', 'ROW-POTHOLE', 'en', '1221 SW 4th Ave',
               false
          FROM made),
    triggered AS (
        INSERT INTO triggers (subject_id, version, template, priority, cause_id, bureau)
        SELECT case_id, 2, 'in_progress', 'P4', 'event', 'PBOT-MAINT' FROM made)
    INSERT INTO deliveries (notification_id, person, request_id, subject_id, version, channel,
                            template, language, priority, state, due_at, not_before, day)
    SELECT gen_random_uuid(), $2 || n, request_id, case_id, 2, $2, 'in_progress', 'en', 'P4',
           'pending', now(), now(), current_date
      FROM made
"""


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Sink:
    """An SMTP server that takes everything and keeps nothing."""

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        """Take a message."""
        return "250 OK"


async def serve() -> None:
    """Serve both providers until the parent ends, and print their ports."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), loop=loop), "127.0.0.1", 0)
    app = web.Application()

    async def take(request: web.Request) -> web.Response:
        await request.post()
        return web.json_response({"sid": "SM1"}, status=201)

    app.add_routes([web.post("/{path:.*}", take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tell(f"{server.sockets[0].getsockname()[1]} {runner.addresses[0][1]}")
    await asyncio.to_thread(sys.stdin.read)


async def main(count: int) -> None:
    """Measure all and print a table."""
    configure_logging("bench", "ERROR")
    command = [sys.executable, "-m", "tests.bench.message_speed", "--serve"]
    pipe = asyncio.subprocess.PIPE
    servers = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert servers.stdin
    assert servers.stdout
    smtp, http = map(int, (await servers.stdout.readline()).split())
    settings = settings_of(smtp, http)
    with open_to_postgres("messages") as data:
        async with open_site(data) as site, running_postgres(site) as process:
            dsn = admin_dsn(site, process)
            await migrate(dsn)
            async with open_pool(f"{dsn}?search_path=notify", size=4) as pool:
                await measure(pool, settings, count)
    servers.stdin.close()
    await servers.wait()


async def measure(pool: Pool, settings: NotifySettings, count: int) -> None:
    plain = MailIdentity(SENDER, INBOX)
    signer = DkimSigner("city.example", "s1", new_key())
    signed = MailIdentity(SENDER, INBOX, signer.signed)
    tell(f"{'':<36}{'messages/s':>12}{'connections':>13}")
    mails, texts, few = settings.smtp_connections, settings.sms_connections, count // 4
    show("e-mail: aiosmtplib alone", count, await bare_mail(settings, count), mails)
    show("e-mail: notify", count, await worked(pool, settings, plain, "email", count), mails)
    took = await worked(pool, settings, signed, "email", few)
    show("e-mail: notify, DKIM of 2,048 bits", few, took, mails)
    show("SMS: aiohttp alone", count, await bare_texts(settings, count), texts)
    show("SMS: notify", count, await worked(pool, settings, plain, "sms", count), texts)


def settings_of(smtp: int, http: int) -> NotifySettings:
    return NotifySettings.model_validate(
        {
            "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "postgres_dsn": "postgresql://127.0.0.1/postgres",
            "http_port": 0,
            "contact_key": "a secret of the bench",
            "public_url": "https://311.example.org",
            "sender": SENDER,
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp,
            "sms_url": f"http://127.0.0.1:{http}",
            "sms_account": "AC1",
            "sms_token": "a token of the bench",
            "sms_numbers": f"{NUMBER}=portland.gov",
        }
    )


@asynccontextmanager
async def senders(
    settings: NotifySettings, identity: MailIdentity, channel: StatusChannel
) -> AsyncGenerator[Sequence[Sender]]:
    """Open the senders of a channel, as notify does."""
    if channel == "sms":
        assert settings.sms
        async with open_senders(settings.sms, renderer().render_sms, settings.base_url) as texting:
            yield texting
    else:
        async with open_mailers(settings, SENDER, settings.smtp_connections) as mailers:
            yield [EmailSender(mailer, renderer().render, identity) for mailer in mailers]


async def worked(
    pool: Pool, settings: NotifySettings, identity: MailIdentity, channel: StatusChannel, count: int
) -> float:
    """Return the seconds that notify's worker takes for as many messages."""
    await pool.execute("TRUNCATE requests, triggers, deliveries")
    await pool.execute(FILL, count, channel)
    await pool.execute("ANALYZE")
    async with senders(settings, identity, channel) as opened:
        queue = PostgresDeliveryQueue(pool, channel, SEALER, LANGUAGE_RULES)
        worker = DeliveryWorker(channel, queue, [Provider(opened)], timedelta(hours=1))
        began = time.perf_counter()
        while await worker.poll_once() == "busy":
            pass
        took = time.perf_counter() - began
    sent = await pool.fetchval("SELECT count(*) FROM deliveries WHERE state = 'sent'")
    assert sent == count, f"{sent} of {count} were sent"
    return took


async def bare_mail(settings: NotifySettings, count: int) -> float:
    rendered = renderer().render(message_data(template="in_progress"))
    message = build_message(
        rendered, notification_id="0197", sender=SENDER, mailbox="p@example.org", now=utc_now()
    )

    @asynccontextmanager
    async def connection() -> AsyncGenerator[Callable[[], Awaitable[object]]]:
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=settings.smtp_port, start_tls=False, timeout=30
        )
        async with client:
            yield lambda: client.sendmail(SENDER, ["p@example.org"], message)

    return await together(connection, settings.smtp_connections, count)


async def bare_texts(settings: NotifySettings, count: int) -> float:
    account = settings.sms
    assert account
    form = {"To": "+15035550177", "From": NUMBER, "Body": "x" * 150, "StatusCallback": "x" * 90}

    @asynccontextmanager
    async def connection() -> AsyncGenerator[Callable[[], Awaitable[object]]]:
        connector = aiohttp.TCPConnector(force_close=True)  # as notify does
        async with aiohttp.ClientSession(connector=connector) as session:

            async def post() -> None:
                async with session.post(account.messages_url, data=form) as response:
                    await response.json()

            yield post

    return await together(connection, account.connections, count)


async def together(connection: Callable[[], Connection], connections: int, count: int) -> float:
    """Return the seconds for as many calls over as many connections."""

    async def calls() -> None:
        async with connection() as call:
            for _ in range(count // connections):
                await call()

    began = time.perf_counter()
    await asyncio.gather(*(calls() for _ in range(connections)))
    return time.perf_counter() - began


def new_key() -> bytes:
    command = ["openssl", "genrsa", "2048"]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603


def show(name: str, count: int, seconds: float, connections: int) -> None:
    tell(f"{name:<36}{count / seconds:12,.0f}{connections:13}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    asyncio.run(serve() if options.serve else main(options.messages))
