"""``route311 erase`` on a whole router: the contact is readable nowhere, whatever comes after."""

import json
from collections.abc import AsyncGenerator
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from cli.connection import ContactSecrets
from cli.erase.person import by_phone
from cli.erase.search import SealedSearch
from deploy.local.supervisor import running_stack
from shared.contract.events import new_id
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.errors import Route311Error
from shared.runtime.kafka import Record, open_sink
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import open_database
from tests.support.builders import contact_given, submission
from tests.support.erasure import mail, report, restore, taken
from tests.support.intake.browser import visit
from tests.support.operated_router import OperatedRouter
from tests.support.pictures import encoded
from tests.support.temporary_folders import let_others_in
from tests.support.waiting import eventually
from workbench.demo.run.texts import SimulatedGateway

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[OperatedRouter]:
    folder = let_others_in(tmp_path_factory.mktemp("erase"))
    async with running_stack(folder / "data") as stack:
        yield OperatedRouter(stack, folder / "data")


async def test_a_person_is_erased_everywhere_and_nothing_brings_them_back(
    router: OperatedRouter,
) -> None:
    email = "ana.everywhere@example.org"
    one, two, other = report(email), report(email.upper()), report("bea@example.org")
    wrong = report(email, service_code="NO-SUCH-KIND")
    await router.hand_in(one, two, other, wrong)
    poison = f'{{"mail": "{email}"'.encode()
    async with open_sink(router.stack.access) as sink:
        await sink.publish([Outgoing("", CHANNEL_SUBMISSIONS.name, b"adapter", poison)])
    requests = await router.requests(one, two, other)
    await eventually(lambda: router.records("channel-submissions-dlq"))
    numbers = sorted(number for _, number in requests[:2])

    _, planned = await router.command("erase", "--email", email, "--dry-run")
    assert await router.readable(email)
    code, done = await router.command("erase", "--email", email)

    assert code == 0
    assert planned == done | {"dry_run": True}
    assert done["requests"] == numbers
    assert done["removed"]["contacts"] == 2
    assert done["removed"]["submissions"] == 1
    assert done["removed"]["dead_letters"] == 1
    assert await router.readable(email) == []
    assert [await router.last_contact(r) is None for r, _ in requests] == [True, True, False]
    told = "SELECT request_id::text FROM intake.listed_requests WHERE description = ''"
    silenced = {request_id for (request_id,) in await router.fetch(told)}
    assert [request_id in silenced for request_id, _ in requests] == [True, True, False]

    # nobody can tell that they ever wrote
    _, again = await router.command("erase", "--email", email)
    _, never = await router.command("erase", "--email", "never@example.org")
    assert again | {"subject": ""} == never | {"subject": ""}

    # republishing, delivering again and replaying bring nothing back
    assert (await router.command("republish", "--since", "1h"))[0] == 0
    await router.hand_in(one, wrong)
    _, replayed = await router.command("dlq", "replay")
    _, rejected = await router.command("dlq", "replay", "--rejected")
    await router.read_by_intake(report("carla@example.org"))
    await router.all_published()
    assert await router.readable("quilla") != []  # Bea's
    # what nobody can read is parked once more; it is in the outbox until that is erased, too
    assert set(await router.readable(email)) <= {"intake.outbox"}
    await router.command("erase", "--email", email)
    assert await router.readable(email) == []
    assert (await router.command("dlq", "replay", "--again"))[1]["sent"] == 0
    assert (replayed["sent"], rejected["sent"]) == (0, 0)
    count = "SELECT count(*) FROM intake.submissions WHERE submission_id = $1"
    assert [(await router.fetch(count, e.id))[0][0] for e in (one, wrong)] == [1, 1]


async def test_staff_erase_a_request_once_a_second_person_approves(
    router: OperatedRouter,
) -> None:
    email = "ana.by-staff@example.org"
    one, other = report(email), report("bea.by-staff@example.org")
    await router.hand_in(one, other)
    [(request_id, _), _] = await router.requests(one, other)
    [[case_id]] = await router.fetch(
        "SELECT case_id::text FROM dispatch.case_requests WHERE request_id = $1::text::uuid",
        request_id,
    )

    async def post(path: str, actor: str, **body: str) -> tuple[int, Any]:
        headers = {
            "Authorization": f"Bearer {router.stack.keys.console.key}",
            "Route311-Role": "supervisor",
        }
        async with (
            aiohttp.ClientSession(router.stack.dispatch, headers=headers) as client,
            client.post(path, json={"actor": actor, **body}) as answer,
        ):
            return answer.status, await answer.json()

    command = {"command": "erase_contact", "request_id": request_id, "reason": "She asked for it"}
    status, waits = await post(f"/v1/cases/{case_id}/commands", "Kim", **command)
    approval = f"/v1/approvals/{waits['approval_id']}/approve"
    alone, _ = await post(approval, "Kim")
    assert await router.readable(email)
    approved, _ = await post(approval, "Lee")

    async def is_gone() -> bool:
        return await router.readable(email) == []

    await eventually(is_gone, within_s=60)
    await router.all_published()
    assert (status, alone, approved) == (202, 403, 200)
    assert await router.last_contact(request_id) is None
    assert await router.readable("bea.by-staff@example.org")
    erased = "SELECT request_id::text FROM intake.listed_requests WHERE description = ''"
    assert (request_id,) in {tuple(row) for row in await router.fetch(erased)}


async def test_what_was_parked_is_listed_as_erased_and_its_bytes_are_shown_to_nobody(
    router: OperatedRouter,
) -> None:
    email = "ana.parked@example.org"
    async with open_sink(router.stack.access) as sink:
        value = f"no JSON, from {email}".encode()
        await sink.publish([Outgoing("", CHANNEL_SUBMISSIONS.name, email.encode(), value)])

    async def parked() -> list[Record]:
        found = await router.records("channel-submissions-dlq")
        return [record for record in found if email.encode() in (record.value or b"")]

    [record] = await eventually(parked)
    place = f"{record.topic}/{record.partition}/{record.offset}"
    await router.command("erase", "--email", email)
    listed = "SELECT content FROM {}.erased_records"
    known = [
        set(await router.fetch(listed.format(name)))
        for name in ("intake", "triage", "dispatch", "notify")
    ]

    assert known[0]
    assert all(one == known[0] for one in known[1:])
    _, shown = await router.command("dlq", "show", place, "--bytes")
    _, replayed = await router.command("dlq", "replay", "--again")

    assert shown["standing"] == "erased"
    assert "value_base64" not in shown
    assert "key" not in shown
    assert shown["headers"] == {}
    assert replayed["sent"] == 0


async def test_pictures_go_with_their_request_also_without_a_contact(
    router: OperatedRouter,
) -> None:
    stack = router.stack
    headers = {"Authorization": f"Bearer {stack.keys.adapters['demo']}"}
    async with aiohttp.ClientSession(stack.intake, headers=headers) as client:
        url = (await taken(client, "/v1/media", data=encoded()))["url"]
        data = submission(media=[{"url": url}], reporter=None)
        once = {"Idempotency-Key": new_id()}
        accepted = await taken(client, "/v1/submissions", json=data, headers=once)
        number = accepted["tracking_number"]

        _, planned = await router.command("erase", "--request", number, "--dry-run")
        code, done = await router.command("erase", "--request", number)

        async def is_gone() -> bool:
            async with client.get(url) as looked:
                return looked.status == HTTPStatus.GONE

        await eventually(is_gone)
    assert (code, done["requests"], done["removed"]["media"]) == (0, [number], 1)
    assert planned == done | {"dry_run": True}
    assert not [file for file in (router.data / "media").rglob("*") if file.is_file()]
    assert (await router.command("erase", "--request", number))[1]["requests"] == []


async def test_by_number_only_that_request_is_erased_and_what_was_due_is_not_sent(
    router: OperatedRouter,
) -> None:
    email = "ana.one@example.org"
    one, two = report(email), report(email)
    await router.hand_in(one, two)
    (first, number), (second, _) = await router.requests(one, two)
    await router.fetch(
        "UPDATE notify.deliveries SET state = 'pending', not_before = now() + interval '1 hour'"
        " WHERE request_id = $1::text::uuid",
        first,
    )

    code, done = await router.command("erase", "--request", number.lower().replace("-", ""))

    assert (code, done["requests"], done["removed"]["messages"]) == (0, [number], 1)
    assert await router.last_contact(first) is None
    assert await router.last_contact(second) is not None
    states = "SELECT state, reason FROM notify.deliveries WHERE request_id = $1::text::uuid"
    assert [tuple(row) for row in await router.fetch(states, first)] == [("suppressed", "erased")]
    kept = "SELECT FROM notify.requests WHERE request_id = $1::text::uuid AND NOT erased"
    assert len(await router.fetch(kept, second)) == 1
    _, unknown = await router.command("erase", "--request", "26-0000-00")
    _, again = await router.command("erase", "--request", number)
    assert again | {"subject": ""} == unknown | {"subject": ""}


async def test_a_telephone_number_in_any_format_names_its_owner(router: OperatedRouter) -> None:
    one = report("ana.phone@example.org", reporter={"phone": "(503) 555-0142"})
    await router.hand_in(one)
    [(request_id, number)] = await router.requests(one)

    _, done = await router.command("erase", "--phone", "503.555.0142")

    assert done["requests"] == [number]
    assert await router.last_contact(request_id) is None


async def test_what_waits_for_a_place_or_on_the_pages_and_alerts_are_erased(
    router: OperatedRouter,
) -> None:
    email = "dora.waits@example.org"
    message = EmailMessage()
    message["From"], message["To"] = f"Dora Ximenes <{email}>", "311@portlandoregon.gov"
    message.set_content("A bench is broken")
    await mail(router, message)
    async with aiohttp.ClientSession(router.stack.intake) as client:
        kind = await (await visit(client, "/report")).submit({"description": "A broken bench"})
        await kind.submit({"email": email, "step": "3", "to": "back"})
    async with aiohttp.ClientSession(router.stack.notify) as client:
        area = {"jurisdiction": "portland.gov"}
        async with client.post("/alerts", params=area, data={"email": email}) as response:
            assert response.status == 200
    waiting = "SELECT sealed_address, state, due_at FROM intake.mail_conversations"
    before = [tuple(row) for row in await router.fetch(waiting)]
    shown = await router.holding(email, "Dora Ximenes")

    code, done = await router.command("erase", "--email", email)
    after = [tuple(row) for row in await router.fetch(waiting)]

    assert (code, done["removed"]["drafts"], done["removed"]["alerts"]) == (0, 2, 1)
    assert await router.fetch("SELECT FROM intake.report_drafts") == []
    assert await router.fetch("SELECT FROM notify.area_alerts") == []
    assert [str(row).count("sealed:") for row in before] == [3]
    assert shown == []
    assert "sealed:" not in str(after)
    assert [(address, due_at) for address, _, due_at in after] == [(None, None)]


async def test_no_table_shows_a_contact_and_with_the_last_one_of_a_person_goes_their_key(
    router: OperatedRouter,
) -> None:
    email, number, name = "xenia.sealed@example.org", "+15035550163", "Xenia Quetzal"
    reporter = {"name": name, "phone": number}
    one, two = report(email, reporter=reporter), report(email, reporter=reporter)
    await router.hand_in(one, two)
    (first, tracked), _ = await router.requests(one, two)
    async with aiohttp.ClientSession() as client:
        gateway = SimulatedGateway(client, router.stack)
        assert await gateway.text("SM-waits", number, "a deep hole")  # where is it?
    person = "SELECT person FROM notify.requests WHERE request_id = $1::text::uuid"
    [(person,)] = await router.fetch(person, first)
    keys = "SELECT FROM notify.contact_keys WHERE person = $1"

    assert await router.holding(email, number, number[2:], name) == []
    assert len(await router.fetch(keys, person)) == 1
    other = b"another key of sixteen bytes"
    wrong = ContactSecrets([other], other, [other])
    async with open_database(router.stack.postgres) as db:
        search = SealedSearch(db, by_phone(number, {"US"}), wrong)
        for look in (search.requests, search.drafts):
            with pytest.raises(Route311Error, match="_KEY is not that of the stored contacts"):
                await look()

    _, by_request = await router.command("erase", "--request", tracked)
    left = len(await router.fetch(keys, person))
    _, by_number = await router.command("erase", "--phone", number)

    assert (by_request["removed"]["contacts"], left) == (1, 1)
    assert (by_number["removed"]["contacts"], by_number["removed"]["drafts"]) == (1, 1)
    assert await router.fetch(keys, person) == []


@pytest.mark.long
async def test_older_tables_that_come_back_are_erased_by_the_tombstones_on_the_topic(
    router: OperatedRouter,
) -> None:
    email = "ana.restored@example.org"
    one = report(email)
    await router.hand_in(one)
    [(request_id, _)] = await router.requests(one)
    await router.command("erase", "--email", email)
    contact = contact_given(request_id, email=email)
    await restore(router, contact)

    assert set(await router.readable(email)) == {"notify.requests", "intake.outbox"}
    assert (await router.command("republish", "--since", "1h"))[0] == 0
    await router.all_published()
    # until notify has read the tombstone, which was published again
    assert set(await router.readable(email)) <= {"notify.requests"}
    await restore(router, contact)
    _, done = await router.command("erase", "--restored")

    assert request_id in done["requests"]
    assert await router.readable(email) == []


async def test_a_flood_is_held_shown_without_the_address_and_released_or_dropped(
    router: OperatedRouter,
) -> None:
    email = "ana.flooded@example.org"
    await router.hand_in(*(report(email, description=f"Hole {new_id()}") for _ in range(25)))

    async def listed() -> list[dict[str, Any]]:
        _, said = await router.command("notify", "held")
        return [one for one in said["held"] if one["messages"] == 5]

    [held] = await eventually(listed, within_s=60)
    assert held["requests"] == 5
    assert email not in json.dumps(held)
    mails = "SELECT count(*) FROM notify.deliveries JOIN notify.requests USING (request_id)"
    sent = f"{mails} WHERE flood_key = $1 AND state IN ('sent', 'sending', 'pending')"
    assert (await router.fetch(sent, held["contact"]))[0][0] == 7  # six of twenty, and a digest

    _, released = await router.command("notify", "held", "--release", held["contact"])
    assert released == {"released": 5}
    assert (await router.command("notify", "held"))[1] == {"held": []}
    assert (await router.fetch(sent, held["contact"]))[0][0] == 12
    assert (await router.command("notify", "held", "--drop", held["contact"]))[1] == {"dropped": 0}


async def test_at_the_end_every_invariant_holds(router: OperatedRouter) -> None:
    code, found = await router.command("check", "--settle", "60")

    assert code == 0, [one for one in found["invariants"] if not one["holds"]]
    assert [one["id"] for one in found["invariants"]][-1] == "I18"
