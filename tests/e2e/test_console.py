"""The console as its people see it: log-in, roles, queue, alarm and commands."""

import re
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.staff import TOKEN, at_work, case_for, client_of, log_in, new_person, opened
from tests.support.chromium import needs_chromium, violations
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

HOSTILE = '<script>document.title="taken"</script><b>"wire" & \'spark\'</b>'
GUESSED = {"form_token": "guessed"}


@pytest.mark.parametrize(
    "path", ["/console", "/console/cases/1", "/console/people", "/console/audit", "/console/stream"]
)
async def test_nobody_sees_a_page_without_a_session(router: Router, path: str) -> None:
    async with client_of(router) as client, client.get(path, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/console/login?next=")


async def test_the_admin_of_the_stack_logs_in_and_the_session_is_a_new_one(router: Router) -> None:
    keys = router.stack["keys"]["console"]
    async with client_of(router) as client:
        client.cookie_jar.update_cookies({"console": "chosen-by-a-thief"})
        assert await log_in(client, keys["user"], keys["password"]) == 303
        kept = {cookie.key: cookie for cookie in client.cookie_jar}
        assert kept["console"].value != "chosen-by-a-thief"
        assert kept["console"]["httponly"]
        assert kept["console"]["samesite"] == "Lax"
        async with client.get("/console/people") as answer:
            assert answer.status == 200
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_too_many_wrong_passwords_are_not_even_looked_at(router: Router) -> None:
    name, password = await new_person(router, "viewer")
    async with client_of(router) as client:
        statuses = [await log_in(client, name, "wrong") for _ in range(5)]
        assert statuses == [401] * 5
        assert await log_in(client, name, password) == 429
    async with client_of(router) as client:  # and nobody else is kept out
        assert await log_in(client, *await new_person(router, "viewer")) == 303


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", {"/console"}),
        ("agent", {"/console"}),
        ("dispatcher", {"/console"}),
        ("supervisor", {"/console"}),
        ("admin", {"/console", "/console/people", "/console/audit"}),
    ],
)
async def test_each_role_sees_its_pages_and_no_other(
    router: Router, role: str, allowed: set[str]
) -> None:
    async with at_work(router, role) as staff:
        for path in ("/console", "/console/people", "/console/audit"):
            status, _ = await staff.get(path)
            assert status == (200 if path in allowed else 403), path


async def test_a_viewer_reads_a_case_and_changes_nothing(router: Router) -> None:
    case_id = await case_for(router, 1, HOSTILE)
    async with at_work(router, "viewer") as staff:
        status, page = await staff.get(f"/console/cases/{case_id}")
        assert status == 200
        assert "<script>document.title" not in page
        assert "&lt;script&gt;document.title" in page
        assert re.search(r">\+\d+ base_p\d<", page)  # why it is this urgent
        assert await staff.send(f"/console/cases/{case_id}", command="acknowledge") == 403


async def test_a_form_of_somebody_elses_page_changes_nothing(router: Router) -> None:
    case_id = await case_for(router, 2, "Two bikes are chained to my gate")
    path = f"/console/cases/{case_id}"
    async with at_work(router, "dispatcher") as staff:
        evil = "https://evil.example"
        assert await staff.send(path, origin=evil, command="acknowledge") == 403
        assert await staff.send(path, command="acknowledge", **GUESSED) == 403
        _, page = await staff.get(path)
        history = page.partition('class="history"')[2].partition("</ol>")[0]
        assert "created" in history or "opened" in history
        assert staff.name not in history


async def test_an_admin_ends_the_sessions_of_a_person_at_once(router: Router) -> None:
    async with at_work(router, "dispatcher") as staff, at_work(router, "admin") as admin:
        assert await admin.send("/console/people", action="stop", name=staff.name) == 200
        async with staff.client.get("/console", allow_redirects=False) as answer:
            assert answer.status == 303
        _, audit = await admin.get("/console/audit")
        assert "person_stop" in audit
        assert staff.name in audit


async def test_people_are_changed_by_an_admin_who_has_just_logged_in(router: Router) -> None:
    name, password = await new_person(router, "admin")
    async with client_of(router) as client:
        assert await log_in(client, name, password) == 303
        async with client.get("/console/people") as page:
            found = TOKEN.search(await page.text())
        assert found
        add = {"form_token": found[1], "action": "add", "name": f"new-{name}", "role": "viewer"}
        await age_sessions(router, name)
        async with client.post("/console/people", data=add, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"].startswith("/console/login?again=1")
        async with client.get(answer.headers["Location"]) as login:
            assert "log in again" in await login.text()
        async with client.get("/console/people") as page:
            assert f"new-{name}" not in await page.text()


async def test_an_admin_makes_a_key_that_is_shown_once_and_revokes_it(router: Router) -> None:
    stack, name = router.stack, f"script-{uuid4()}"

    async def answers_of(key: str) -> set[int]:
        """Ask services that know operators' keys."""
        found = set()
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as client:
            for service in ("intake", "dispatch", "notify", "insight"):
                async with client.get(f"{stack[service]}/v1/keys/{service}") as answer:
                    found.add(answer.status)
        return found

    async with at_work(router, "admin") as admin:
        add = {"action": "add", "scope": "operator", "name": name, "days": "30"}
        status, page = await admin.submit("/console/people/keys", **add)
        made = re.search(r"<code data-key-value>([^<]+)</code>", page)
        assert (status, bool(made)) == (200, True)
        assert made
        assert await answers_of(made[1]) == {403}  # known, but not the console's
        _, page = await admin.get("/console/people")
        assert made[1] not in page
        row = page.partition(f">{name} <small>")[2].partition("</tr>")[0]
        assert "intake, triage, dispatch, notify, insight" in row
        assert row.count("<time") == 3
        key_id = re.search(r'name="key" value="([^"]+)"', row)
        assert key_id
        sent = {"action": "revoke", "key": key_id[1]}
        assert await admin.send("/console/people/keys", **sent) == 200

        async def is_refused() -> bool:
            return await answers_of(made[1]) == {401}

        await eventually(is_refused)
        for wrong, code in (
            ({**add, "name": "console"}, 422),
            ({**add, "days": "never"}, 422),
            ({**add, "scope": "bureau"}, 422),
            ({"action": "revoke", "key": "00000000"}, 404),
            ({"action": "rotate"}, 403),
        ):
            assert await admin.send("/console/people/keys", **wrong) == code
        _, audit = await admin.get(f"/console/audit?name={admin.name}")
        assert re.search(rf"key_add</td><td[^>]*>{key_id[1]} operator {name}", audit)
        assert re.search(rf"key_revoke</td><td[^>]*>{key_id[1]}", audit)
        await age_sessions(router, admin.name)
        _, page = await admin.submit("/console/people/keys", **add)
        assert 'action="/console/login"' in page
    async with at_work(router, "supervisor") as staff:
        assert await staff.send("/console/people/keys", **add) == 403


async def age_sessions(router: Router, name: str) -> None:
    """Let a person's sessions have begun eleven minutes earlier."""
    db = await asyncpg.connect(router.stack["postgres"])
    await db.execute(
        "UPDATE console.sessions SET proved_at = proved_at - interval '11 minutes' WHERE name = $1",
        name,
    )
    await db.close()


async def test_who_acts_on_an_old_version_is_told_and_nothing_is_done_twice(
    router: Router,
) -> None:
    case_id = await case_for(router, 3, "A shopping cart lies in the creek", attributes={})
    path = f"/console/cases/{case_id}"
    async with at_work(router, "dispatcher") as one, at_work(router, "dispatcher") as other:
        _, page = await one.get(path)
        found = re.search(r'name="expected_version" value="(\d+)"', page)
        assert found
        assert await one.assign(path, found[1]) == 200
        assert await other.assign(path, found[1]) == 409
        _, page = await other.get(path)
        assert one.name in page


async def test_a_form_that_is_sent_again_counts_once(router: Router) -> None:
    case_id = await case_for(router, 8, "A fence of the park is bent", attributes={})
    path = f"/console/cases/{case_id}"
    async with at_work(router, "agent") as staff:
        _, page = await staff.get(path)
        form = page.partition('value="note"')[2].partition("</form>")[0]
        ids = dict(re.findall(r'name="(form_id|expected_version)" value="([^"]+)"', form))
        note = {"command": "note", "text": "The crew has the key", **ids}
        assert await staff.send(path, **note) == 200
        assert await staff.send(path, **note) == 200  # as when its answer was lost
        assert await staff.send(path, **{**note, "text": "Other words"}) == 409
        _, page = await staff.get(path)
    history = page.partition("<h2>History</h2>")[2].partition("</ol>")[0]
    assert history.count("The crew has the key") == 1
    assert "Other words" not in history


@needs_chromium
async def test_a_p1_rings_in_a_hidden_tab_until_it_is_acknowledged_by_key(
    router: Router, browser: Browser
) -> None:
    async with opened(browser, router, "dispatcher") as page:
        other = await page.context.new_page()
        await other.goto("/console/me")
        await other.bring_to_front()
        case_id = await case_for(
            router, 4, "A live wire is down and sparking", service_code="OTHER", attributes={}
        )
        alarm = page.locator(f'[data-alarm] a[href$="{case_id}"]')

        await expect(alarm).to_have_count(1)
        await expect(page).to_have_title(re.compile(r"^\(\d+ P1\)"))
        await page.bring_to_front()
        await expect(page.locator("[data-new]")).to_contain_text("1 P1")
        await alarm.click()
        await expect(page.get_by_role("heading", name="Actions")).to_be_visible()
        await page.wait_for_load_state()
        await page.keyboard.press("a")

        await expect(page.locator(f'[data-alarm] a[href$="{case_id}"]')).to_have_count(0)


@needs_chromium
async def test_a_page_says_nothing_more_once_its_session_has_ended(
    router: Router, browser: Browser
) -> None:
    case_id = await case_for(router, 9, "The neighbor's hedge hides the stop sign", attributes={})
    async with opened(browser, router, "dispatcher") as page:
        await page.goto(f"/console/cases/{case_id}")
        await expect(page.locator("main")).to_contain_text("hedge")
        name = (await page.locator(".own a").inner_text()).partition(" ")[0]
        db = await asyncpg.connect(router.stack["postgres"])
        await db.execute("DELETE FROM console.sessions WHERE name = $1", name)
        await db.close()
        await expect(page.locator("main")).to_have_text("Your session has ended. Log in again.")
        await expect(page).to_have_title("Your session has ended. Log in again.")
        await page.locator("main a").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@needs_chromium
async def test_the_queue_is_worked_by_keyboard_alone_and_does_not_move(
    router: Router, browser: Browser
) -> None:
    await case_for(router, 5, "Graffiti on the wall of the library", attributes={})
    async with opened(browser, router, "dispatcher") as page:
        await page.goto("/console?order=newest")  # other tests fill the first page
        rows = page.locator("[data-queue] [data-case]")
        before = await rows.evaluate_all("rows => rows.map(row => row.dataset.case)")
        assert before
        newest = await case_for(router, 6, "A sign is bent at the corner", attributes={})
        await expect(page.locator("[data-new]")).to_contain_text("new")
        assert await rows.evaluate_all("rows => rows.map(row => row.dataset.case)") == before

        await page.keyboard.press("n")
        await expect(page.locator(f'[data-case="{newest}"]')).to_have_count(1)
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(r"/console/cases/"))
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()


@needs_chromium
async def test_who_has_a_passkey_logs_in_with_it_alone(router: Router, browser: Browser) -> None:
    async with opened(browser, router, "agent") as page:
        devices = await page.context.new_cdp_session(page)
        await devices.send("WebAuthn.enable")
        key = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        await devices.send("WebAuthn.addVirtualAuthenticator", {"options": key})
        await page.goto("/console/me")
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_role("heading", name="Passkeys")).to_contain_text("1")
        await page.get_by_role("button", name="Log out").click()

        await page.get_by_role("button", name="Log in with a passkey").click()

        await expect(page.get_by_role("heading", name="Queue")).to_be_visible()


@needs_chromium
async def test_axe_finds_nothing_on_any_page(router: Router, browser: Browser) -> None:
    case_id = await case_for(router, 7, "The swing in the park is broken", attributes={})
    async with opened(browser, router, "admin") as page:
        for path in ("", f"/cases/{case_id}", "/people", "/audit", "/me", "/cases/none"):
            await page.goto(f"/console{path}")
            assert await violations(page) == [], path
        await page.context.clear_cookies()
        await page.goto("/console")
        assert await violations(page) == []
