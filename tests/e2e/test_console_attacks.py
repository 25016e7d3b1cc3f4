"""What an attacker tries at the console: guesses at once, a stolen session, one person for two."""

import asyncio
import re
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from console.store import ConsoleStore
from tests.e2e.staff import (
    Staff,
    at_work,
    case_for,
    client_of,
    log_in,
    new_person,
    replace_password,
)
from tests.e2e.test_console import age_sessions
from tests.e2e.test_console_pages import as_operator
from tests.support.router import Router

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]


async def test_many_guesses_at_once_count_as_many(router: Router) -> None:
    name, password = await new_person(router, "viewer")
    async with client_of(router) as client:
        statuses = await asyncio.gather(*(log_in(client, name, f"no {n}") for n in range(20)))
        assert Counter(statuses) == {401: 5, 429: 15}
        assert await log_in(client, name, password) == 429


async def test_the_old_password_is_guessed_no_oftener_than_at_a_log_in(router: Router) -> None:
    async with at_work(router, "viewer") as staff:
        pages = [
            (await staff.submit("/console/me", old=f"no {n}", new="a long new password"))[1]
            for n in range(6)
        ]
    assert ["Too many tries" in page for page in pages] == [False] * 5 + [True]


async def test_a_passkey_is_added_only_after_a_fresh_log_in(router: Router) -> None:
    async with at_work(router, "viewer") as staff:
        await age_sessions(router, staff.name)
        _, page = await staff.submit("/console/me", credential="{}")
        assert 'action="/console/login"' in page
        assert "log in again" in page


async def test_a_session_does_not_begin_by_a_password_that_was_replaced_meanwhile(
    router: Router,
) -> None:
    name, _ = await new_person(router, "viewer")
    schema = {"search_path": "console"}
    async with asyncpg.create_pool(router.stack["postgres"], server_settings=schema) as pool:
        store = ConsoleStore(pool, timedelta(hours=1), timedelta(hours=1))
        checked = await store.password_hash(name)
        assert await store.begin_session(name, None, checked)
        await store.set_password(name, "$argon2id$another", by_owner=False)
        assert await store.begin_session(name, None, checked) is None


async def test_one_person_cannot_keep_the_pages_from_all_others(router: Router) -> None:
    async with at_work(router, "viewer") as one, at_work(router, "viewer") as other:
        pages = await asyncio.gather(*(one.get("/console/surges") for _ in range(90)))
        assert (await other.get("/console"))[0] == 200
    codes = Counter(code for code, _ in pages)
    assert codes.keys() == {200, 429}
    assert codes[429] >= 30
    assert any("Too many pages at once" in page for _, page in pages)


async def test_a_second_person_whom_the_first_has_made_does_not_approve(router: Router) -> None:
    case_id = await case_for(router, 11, "A bench of the park is gone", attributes={})
    path = f"/console/cases/{case_id}"
    async with at_work(router, "admin") as admin:
        _, page = await admin.get(path)
        request = re.search(r'<option value="([^"]+)"', page.partition('value="erase_contact"')[2])
        assert request
        erase = {"command": "erase_contact", "request_id": request[1], "reason": "asked"}
        assert await admin.send(path, **erase) == 200
        name = f"second-{uuid4().hex[:6]}"
        add = {"action": "add", "name": name, "role": "supervisor"}
        _, page = await admin.submit("/console/people", **add)
        made = re.search(r"<code data-password>([^<]+)</code>", page)
        assert made
    waiting = (await as_operator(router, "GET", "/v1/approvals?status=waiting"))["approvals"]
    [approval] = [one["approval_id"] for one in waiting if case_id in one["case_ids"]]
    approve = {"command": "approve", "approval": approval}
    async with client_of(router) as client:
        await replace_password(client, name, made[1])
        code, page = await Staff(client, name).submit("/console/approvals", **approve)
        assert code == 403
        assert "Somebody else must decide" in page
    async with at_work(router, "supervisor") as staff:
        assert await staff.send("/console/approvals", **approve) == 200
