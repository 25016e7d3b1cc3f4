"""Who did what, and what was refused: in the audit of the console, and in its stream."""

from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from shared.runtime.ops.audit import RefusalLog
from shared.staff_roles import Role
from tests.integration.console.open_console import (
    FORBIDDEN,
    OpenConsole,
    open_console,
    settings,
)
from tests.support.databases import Database

pytestmark = pytest.mark.integration

PEOPLE = "/console/people"


@pytest.fixture
async def desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[OpenConsole]:
    refusals = RefusalLog(event="access_refused")
    monkeypatch.setattr("shared.runtime.ops.audit._refusals", refusals)
    monkeypatch.setattr("shared.runtime.ops.audit._failures", RefusalLog())
    async with open_console(settings(database)) as opened:
        yield opened


def shown(lines: list[Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(line.get(name) for name in names) for line in lines if line.get("audit")]


async def test_each_entry_of_the_audit_is_a_line_of_the_stream(desk: OpenConsole) -> None:
    await desk.add("kim", Role.ADMIN)
    async with desk.browser() as browser:
        with capture_logs() as lines:
            await browser.log_in("kim")
            await browser.send(PEOPLE, action="add", name="lee", role="viewer")
    entries = [(one.name, one.action, one.about) for one in await desk.store.audit()]
    assert entries == [("kim", "person_add", "lee"), ("kim", "login", "")]
    assert shown(lines, "event", "user", "action", "about") == [
        ("console_action", *entry) for entry in reversed(entries)
    ]


@pytest.mark.parametrize(
    "statement", ["DELETE FROM audit", "UPDATE audit SET name = 'lee'", "TRUNCATE audit"]
)
async def test_the_console_cannot_change_what_its_audit_tells(
    desk: OpenConsole, statement: str
) -> None:
    await desk.store.record("kim", "person_add", "lee")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await desk.store.pool.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await desk.store.pool.execute("ALTER TABLE audit OWNER TO route311_console")
    assert [one.name for one in await desk.store.audit()] == ["kim"]


async def test_what_is_refused_stands_in_the_stream(desk: OpenConsole) -> None:
    await desk.add("kim", Role.VIEWER)
    forged = {"form_token": "forged"}
    async with desk.browser() as browser:
        await browser.log_in("kim")
        with capture_logs() as lines:
            assert (await browser.get("/console/audit"))[0] == FORBIDDEN
            assert (await browser.post("/console/me", **forged))[0] == FORBIDDEN
    assert shown(lines, "event", "user", "reason", "path") == [
        ("access_refused", "kim", "role_too_low", "/console/audit"),
        ("access_refused", "kim", "foreign_form", "/console/me"),
    ]


async def test_a_wrong_password_names_the_account_and_no_unknown_one(desk: OpenConsole) -> None:
    await desk.add("kim", Role.VIEWER)
    async with desk.browser() as browser:
        with capture_logs() as lines:
            for name in ("kim", "my password, mistyped"):
                await browser.log_in(name, "wrong")
    assert shown(lines, "event", "reason", "user") == [
        ("authentication_failed", "wrong_password", "kim"),
        ("authentication_failed", "wrong_password", None),
    ]
