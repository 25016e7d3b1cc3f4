"""Intake as its own process: nothing that mail servers say, and nothing of a mail, is in a log."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiosmtplib import SMTP, SMTPException

from deploy.local.readiness import smtp_answers
from tests.integration.intake.mail.postbox import CITY, REPORT, mail
from tests.support.databases import Database
from tests.support.free_ports import reserved_port
from tests.support.intake.mail_corpus.attacks import ATTACKS
from tests.support.notify.mail_server import open_mail_server
from tests.support.stack import Stores
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

NAME = "quimberly"
PERSON = f"{NAME}@canary.example"
STRANGER = f"{NAME}.recipient@canary.example"
CANARIES = (NAME, "canary", CITY, "pothole", "fremont")


@asynccontextmanager
async def intake_process(
    stores: Stores, database: Database, folder: Path, level: str, smtp_port: int
) -> AsyncGenerator[tuple[int, Path]]:
    """Run intake as in production; yield the port of its listener and the file of its output."""
    output = folder / "output"
    with reserved_port() as http_port, reserved_port() as mail_port, output.open("wb") as written:
        settings = {
            **stores.access.environment(),
            "ROUTE311_LOG_LEVEL": level,
            "INTAKE_HTTP_PORT": str(http_port),
            "INTAKE_POSTGRES_DSN": database.dsn("intake"),
            "INTAKE_PUBLIC_URL": "http://127.0.0.1",
            "INTAKE_REPORTER_KEY": "a secret of the tests",
            "INTAKE_MEDIA_FOLDER": str(folder / "media"),
            "INTAKE_MAIL_PORT": str(mail_port),
            "INTAKE_SMTP_HOST": "127.0.0.1",
            "INTAKE_SMTP_PORT": str(smtp_port),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.intake",
            env=os.environ | settings,
            stdout=written,
            stderr=written,
        )
        try:
            await eventually(lambda: smtp_answers(mail_port), within_s=60)
            yield mail_port, output
        finally:
            process.terminate()
            await process.wait()


async def say_everything(port: int) -> None:
    """Send good mails, a question, bad ones, and commands that are refused, with the canaries."""
    async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        await client.sendmail(PERSON, [CITY], bytes(mail(f"{REPORT} {NAME}", NAME, PERSON)))
        await client.sendmail(PERSON, [CITY], bytes(mail(f"Hello {NAME}", NAME, PERSON)))
        await client.sendmail(PERSON, [CITY], ATTACKS["parts in each other"](100))
        for line in (
            f"MAIL FROM:<{NAME}",
            f"MAIL FROM:<{PERSON}> SIZE=99999999999 X={NAME}",
            f"VRFY {PERSON}",
            f"EXPN {PERSON}",
            f"HELP {NAME}",
            f"AUTH PLAIN {NAME}",
            f"{NAME.upper()} {PERSON}",
            "\xff" + PERSON,
        ):
            await client.execute_command(line.encode())
        with suppress(SMTPException):
            await client.sendmail(PERSON, [STRANGER], b"")
        with suppress(SMTPException):
            await client.sendmail(PERSON, [CITY], bytes(mail("word " * 10_000, NAME, PERSON)))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"EHLO {NAME}\r\nMAIL FROM:<{PERSON}>\r\nRCPT TO:<{CITY}>\r\nDATA\r\n".encode())
    await reader.readuntil(b"354")
    writer.close()  # in the middle of a message
    await writer.wait_closed()


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_no_word_of_a_mail_and_no_address_is_in_the_output_of_intake(
    stores: Stores, database: Database, tmp_path: Path, level: str
) -> None:
    async with (
        open_mail_server() as sent,
        intake_process(stores, database, tmp_path, level, sent.port) as (port, output),
    ):
        await say_everything(port)
        await sent.content_arrived.wait()
    lines = output.read_text(errors="replace").lower().splitlines()

    assert sum("mail_taken" in line for line in lines) == 3
    assert not [line for line in lines if any(canary in line for canary in CANARIES)]
