"""What a running stack gives its services, its owner and everybody else."""

import asyncio
import smtplib
from functools import partial
from pathlib import Path

import aiohttp
import asyncpg
import psutil
import pytest

from deploy.local.kafka import java_command, kafka_jars
from deploy.local.readiness import http_ready
from shared.catalogue import load_catalogue
from shared.runtime.http.api_keys import hash_key
from shared.runtime.http.key_store import KEY_SCHEMAS
from shared.runtime.kafka.admin import answers
from tests.integration.stack.router import Router, port_of
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]


async def test_the_stack_file_is_for_its_owner_and_names_parts_that_answer(router: Router) -> None:
    stack = router.stack

    assert (router.data / "stack.json").stat().st_mode & 0o777 == 0o600
    assert await eventually(lambda: answers(stack.access))
    for service in (stack.intake, stack.triage, stack.dispatch, stack.notify, stack.insight):
        assert await eventually(partial(http_ready, port_of(service)))


async def test_the_broker_takes_its_classes_from_an_archive(router: Router) -> None:
    jars = await kafka_jars()
    [archive] = (part for part in java_command(jars) if part.startswith("-XX:SharedArchiveFile="))

    mapped = psutil.Process(router.records()["kafka"].pid).memory_maps()

    assert archive.partition("=")[2] in {part.path for part in mapped}


async def test_nobody_but_its_owner_can_read_the_data_folder(router: Router) -> None:
    def open_to_others(path: Path) -> bool:
        return bool(path.lstat().st_mode & 0o077) and not path.is_symlink()

    assert not open_to_others(router.data)
    assert not open_to_others(router.data / "postgres" / "cluster")
    assert [path for path in router.data.rglob("*") if open_to_others(path)] == []
    for file in ("credentials.json", "logs/kafka.log", "logs/intake.log"):
        assert (router.data / file).stat().st_mode & 0o777 == 0o600


async def test_commands_that_only_read_get_a_role_that_only_reads(router: Router) -> None:
    connection = await asyncpg.connect(router.stack.postgres_operations)

    assert await connection.fetchval("SELECT current_user") == "route311_operations"
    assert await connection.fetchval("SELECT count(*) FROM intake.outbox") == 0
    await connection.close()


async def test_the_database_lets_nobody_in_without_the_password(router: Router) -> None:
    dsn = router.stack.postgres
    secret = dsn.partition("postgres:")[2].partition("@")[0]

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(dsn.replace(secret, "guess"))


async def environment_of(service_url: str) -> dict[str, str]:
    async with aiohttp.ClientSession() as session, session.get(service_url) as response:
        environment = await response.json(content_type=None)
    prefixes = ("ROUTE311_", "INTAKE_", "TRIAGE_", "DISPATCH_", "NOTIFY_")
    return {name: text for name, text in environment.items() if name.startswith(prefixes)}


async def test_each_service_is_told_what_it_needs_and_no_secret_of_another(router: Router) -> None:
    stack = router.stack

    assert set(await environment_of(stack.triage)) == {
        "ROUTE311_KAFKA_BOOTSTRAP",
        "ROUTE311_KAFKA_SECURITY_PROTOCOL",
        "ROUTE311_KAFKA_SASL_MECHANISM",
        "ROUTE311_KAFKA_USERNAME",
        "ROUTE311_KAFKA_PASSWORD",
        "TRIAGE_POSTGRES_DSN",
        "TRIAGE_HTTP_PORT",
    }
    intake, notify = await environment_of(stack.intake), await environment_of(stack.notify)
    assert intake["INTAKE_PUBLIC_URL"] == notify["ROUTE311_PUBLIC_URL"] == stack.intake
    assert notify["NOTIFY_PUBLIC_URL"] == stack.notify
    assert notify["NOTIFY_SMS_URL"] == stack.sms
    dispatch = await environment_of(stack.dispatch)
    for prefix, service in (("NOTIFY", notify), ("INTAKE", intake), ("DISPATCH", dispatch)):
        server = f"smtp://{service[f'{prefix}_SMTP_HOST']}:{service[f'{prefix}_SMTP_PORT']}"
        assert server == stack.mail
    assert stack.inbound_mail == f"127.0.0.1:{intake['INTAKE_MAIL_PORT']}"
    assert notify["NOTIFY_CONTACT_KEY"] not in intake.values()


async def test_a_service_logs_in_to_its_own_schema(router: Router) -> None:
    connection = await asyncpg.connect(
        (await environment_of(router.stack.triage))["TRIAGE_POSTGRES_DSN"]
    )

    assert await connection.fetchval("SELECT current_schema()") == "triage"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM intake.api_keys")
    await connection.close()


async def test_every_key_of_the_stack_file_is_known_to_those_who_check_it_as_a_hash(
    router: Router,
) -> None:
    keys = router.stack.keys
    bureaus = {code for city in load_catalogue().jurisdictions.values() for code in city.bureaus}
    assert set(keys.bureaus) == bureaus

    expected = {
        ("operator", "operator", hash_key(keys.operator)),
        ("console", "operator", hash_key(keys.console.key)),
    }
    expected |= {(name, "adapter", hash_key(key)) for name, key in keys.adapters.items()}
    expected |= {(code, "bureau", hash_key(key)) for code, key in keys.bureaus.items()}
    connection = await asyncpg.connect(router.stack.postgres)
    for schema in KEY_SCHEMAS:
        rows = await connection.fetch(f"SELECT name, scope, key_hash FROM {schema}.api_keys")  # noqa: S608
        assert {tuple(row) for row in rows} == expected
    await connection.close()


async def test_every_mail_that_is_handed_in_is_kept(router: Router) -> None:
    def send_mails() -> None:
        with smtplib.SMTP("127.0.0.1", port_of(router.stack.mail)) as server:
            for number in range(50):
                message = f"Subject: {number}\r\n\r\nSu reporte fue recibido: café"
                server.sendmail("311@city.example", ["ana@example.org"], message.encode())

    await asyncio.to_thread(send_mails)

    kept = [file.read_bytes() for file in sorted(router.stack.mail_folder.glob("*.eml"))]
    envelope = [b"X-Envelope-From: 311@city.example", b"X-Envelope-To: ana@example.org"]
    assert [mail.split(b"\r\n")[:3] for mail in kept] == [
        [*envelope, b"Subject: %d" % number] for number in range(50)
    ]
    assert kept[0].endswith("café\r\n".encode())
