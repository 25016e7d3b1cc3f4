"""The three steps of a report and the page that says it is done."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import aiohttp
import pytest

from services.intake.store.erasure import erase_contacts
from shared.contract.events import CaseOpened, ContactGiven, RequestSubmitted, new_id
from shared.contract.topics import INTAKE_CONTACTS, INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.runtime.postgres import open_pool, transaction
from tests.integration.intake.conftest import Running
from tests.support.builders import (
    NOON,
    PIONEER_SQUARE,
    case_with_request,
    location,
    north_of,
    request,
    request_triaged,
)
from tests.support.databases import Database
from tests.support.intake.browser import Page, visit
from tests.support.locks import locked
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

POTHOLE = {"description": "A small pothole", "address": "1221 SW 4th Ave"}
POINT = {"latitude": "45.5189", "longitude": "-122.6793"}
DANGER = {"description": "A live wire is down and sparking", "address": "SE 82nd and Division"}


@pytest.fixture
async def client(running: Running) -> AsyncGenerator[aiohttp.ClientSession]:
    async with running(forms_per_minute=6_000) as client:  # one test polls by forms
        yield client


async def first_step(client: aiohttp.ClientSession, **headers: str) -> Page:
    return await visit(client, "/report", **headers)


async def test_a_report_goes_through_three_steps_and_is_a_request(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    what = await first_step(client)
    kind = await what.submit({**POTHOLE, "photo": encoded()})
    size = kind.tree.xpath("//input[@name='attribute[size]']/@value")[0]
    wrong = await kind.submit({"attribute[size]": "no such size"})
    contact = await wrong.submit({"attribute[size]": size})
    done = await contact.submit(
        {"name": "Ana", "email": "ana@example.org", "status_updates": ["email"]}
    )
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)
    [contact_given] = await topic_log.at_least(1, INTAKE_CONTACTS)

    assert [page.status for page in (what, kind, contact, done)] == [200, 200, 200, 200]
    assert wrong.status == 422
    assert wrong.texts("//*[@id='f-attribute-size-fault']")
    assert kind.chosen("service_code") == ["ROW-POTHOLE"]
    assert isinstance(submitted, RequestSubmitted)
    assert submitted.data.tracking_number == done.number
    assert submitted.data.channel == "web"
    assert submitted.data.description == POTHOLE["description"]
    assert submitted.data.location.address == POTHOLE["address"]
    assert submitted.data.language == "en"
    assert submitted.data.attributes == {"size": size}
    assert [medium.media_type for medium in submitted.data.media] == ["image/jpeg"]
    assert isinstance(contact_given, ContactGiven)
    assert contact_given.data.email == "ana@example.org"
    assert contact_given.data.status_updates == ("email",)


async def test_sending_it_twice_is_one_request(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    kind = await (await first_step(client)).submit(POTHOLE)
    contact = await kind.submit()
    first, again = await contact.submit({"name": "Ana"}), await contact.submit({"name": "Ana"})
    other = await contact.submit({"name": "Bea"})

    assert first.number == again.number
    assert (other.status, other.heading) == (409, "You already sent this report")
    assert len(await topic_log.at_least(1, INTAKE_REQUESTS)) == 1


async def test_what_is_missing_stands_in_a_summary_and_at_the_field(
    client: aiohttp.ClientSession,
) -> None:
    empty = await (await first_step(client)).submit()
    half = await empty.submit({"description": "A pothole", "latitude": "45.5"})
    text = await half.submit({"latitude": "here", "longitude": "-122.6"})
    wrong = await text.submit({"description": ""})

    assert [page.status for page in (empty, half, text, wrong)] == [422, 422, 422, 422]
    for page, names in (
        (empty, ["description", "address"]),
        (half, ["latitude"]),
        (wrong, ["description", "latitude"]),
    ):
        [summary] = page.tree.xpath("//*[@role='alert']")
        assert summary.get("autofocus") is not None
        links = [link.get("href").removeprefix("#") for link in summary.xpath(".//a")]
        assert links == [page.field(name).get("id") for name in names]
        for name in names:
            control = page.field(name)
            assert control.get("aria-invalid") == "true"
            [told] = page.tree.xpath("//*[@id=$id]", id=control.get("aria-describedby").split()[-1])
            assert "fault" in told.classes
    assert half.value("description") == "A pothole"
    assert text.field("latitude").get("aria-invalid") == "true"
    assert empty.tree.findtext(".//title").startswith("Error:")


async def test_another_kind_asks_its_own_questions_before_the_next_step(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    kind = await (await first_step(client)).submit(POTHOLE)
    asked = await kind.submit({"service_code": "GRAF-PUBLIC"})
    contact = await asked.submit()
    await contact.submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert asked.heading == kind.heading != contact.heading
    assert asked.chosen("service_code") == ["GRAF-PUBLIC"]
    assert set(asked.texts("//main//legend | //main//label")) != set(
        kind.texts("//main//legend | //main//label")
    )
    assert isinstance(submitted, RequestSubmitted)
    assert submitted.data.service_code == "GRAF-PUBLIC"


async def test_a_kind_that_the_words_did_not_tell_is_found_by_a_search(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    kind = await (await first_step(client)).submit(POTHOLE)
    found = await kind.submit({"kind_words": "bus stop"}, button=("to", "search"))
    by_enter = await kind.submit({"kind_words": "bus stop"})
    nothing = await found.submit({"kind_words": "xyzzy"})
    choices = found.tree.xpath("//input[starts-with(@id, 'f-service_code-found')]/@value")
    asked = await found.submit({"service_code": choices[0]})
    await (await asked.submit()).submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert choices[0] == "JUR-TRANSIT"
    assert by_enter.texts("//label") == found.texts("//label")
    assert "We found nothing." in nothing.text
    assert asked.chosen("service_code") == ["JUR-TRANSIT"]
    assert not asked.tree.xpath("//fieldset/details[@open]")
    assert isinstance(submitted, RequestSubmitted)
    assert submitted.data.service_code == "JUR-TRANSIT"


async def test_words_that_tell_no_kind_choose_none_and_can_be_sent_so(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    unsure = {**POTHOLE, "description": "Please have a look at this"}
    kind = await (await first_step(client)).submit(unsure)
    contact = await kind.submit()
    await contact.submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert kind.chosen("service_code") == []
    assert kind.texts("//fieldset[@id='f-service_code']/div")[-1] == "Something else"
    assert isinstance(submitted, RequestSubmitted)
    assert (submitted.data.service_code, submitted.data.unsure) == ("OTHER", True)


async def test_who_may_harm_themselves_sees_the_crisis_line_first_to_the_end(
    client: aiohttp.ClientSession,
) -> None:
    crisis = {**POTHOLE, "description": "I want to kill myself"}
    kind = await (await first_step(client)).submit(crisis)
    contact = await kind.submit()
    done = await contact.submit()

    for page in (kind, contact, done):
        first = page.tree.xpath("//main/*")[0]
        assert first.xpath(".//a/@href") == ["tel:988", "tel:911"]


async def test_back_keeps_what_was_written(client: aiohttp.ClientSession) -> None:
    kind = await (await first_step(client)).submit({**POTHOLE, "photo": encoded()})
    contact = await kind.submit()
    kind_again = await contact.submit({"name": "Ana"}, button=("to", "back"))
    what = await kind_again.submit(button=("to", "back"))
    other = await what.submit({"description": "A street light is out"})
    contact_again = await other.submit()

    assert what.value("description") == POTHOLE["description"]
    assert what.tree.xpath("//main//img/@src")[0].startswith("/v1/media/")
    assert other.chosen("service_code") != kind.chosen("service_code")
    assert contact_again.value("name") == "Ana"


async def test_danger_to_life_puts_911_first_and_can_still_be_sent(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    kind = await (await first_step(client)).submit(DANGER)
    contact = await kind.submit()
    done = await contact.submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)

    for page in (kind, contact, done):
        first = page.tree.xpath("//main/*")[0]
        assert "danger" in first.classes
        assert first.xpath(".//a/@href") == ["tel:911"]
    assert isinstance(submitted, RequestSubmitted)
    assert submitted.data.tracking_number == done.number


async def test_a_case_nearby_is_shown_before_the_contact_and_can_be_followed(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    case_id = new_id()
    opened = case_with_request(case_id=case_id, service_code="ROW-POTHOLE", dedup_group="pavement")
    at = location(north_of(PIONEER_SQUARE, 40))
    first = request(request_id=new_id(), submitted_at=NOON, dedup_group="pavement", location=at)
    await topic_log.publish(
        CaseOpened.of(opened, now=NOON + timedelta(minutes=1)),
        request_triaged(case_id=case_id, request=first, service_code="ROW-POTHOLE"),
    )
    what = await first_step(client)

    async def shows_it() -> Page | None:
        page = await what.submit({**POTHOLE, **POINT})
        return page if page.tree.xpath("//button[@name='follow']") else None

    kind = await eventually(shows_it)
    assert kind is not None
    [follow] = kind.tree.xpath("//button[@name='follow']")
    contact = await kind.submit(button=("follow", follow.get("value")))
    await contact.submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert follow.get("value") == case_id
    assert "feet away" in kind.texts("//section")[0]
    assert "You are following a report" in contact.text
    assert isinstance(submitted, RequestSubmitted)
    assert submitted.data.follow_case == case_id


async def test_contact_data_that_cannot_be_used_is_named(client: aiohttp.ClientSession) -> None:
    contact = await (await (await first_step(client)).submit(POTHOLE)).submit()
    wrong = await contact.submit({"email": "ana@", "phone": "12", "status_updates": ["sms"]})
    lacking = await contact.submit({"status_updates": ["sms"]})

    assert wrong.status == lacking.status == 422
    assert [link.get("href") for link in wrong.tree.xpath("//*[@role='alert']//a")] == [
        "#f-email",
        "#f-phone",
    ]
    assert lacking.field("phone").get("aria-invalid") == "true"


async def test_what_speaks_against_the_place_is_told_where_answers_are_checked(
    client: aiohttp.ClientSession,
) -> None:
    what = await first_step(client)
    apart = await (
        await what.submit({**POTHOLE, "latitude": "45.59", "longitude": "-122.75"})
    ).submit()
    outside = await (await what.submit(POTHOLE | {"address": "Gresham City Hall"})).submit()
    pin = POTHOLE | {"address": "", "latitude": "45.5192", "longitude": "-122.6793"}
    pinned = await (await what.submit(pin)).submit()
    receipt = await pinned.submit()

    assert what.field("address").get("dir") == "ltr"
    assert "miles from the address" in apart.text
    assert "City of Gresham" in outside.text
    assert "The pin is near" in pinned.text
    assert "The pin is near" in receipt.text


async def test_a_form_with_a_made_up_id_is_shown_again_with_its_words(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    contact = await (await (await first_step(client)).submit(POTHOLE)).submit()
    forged = await contact.submit({"form": f"{new_id()}.0000", "name": "Ana"})
    sent = await contact.submit()
    done = await forged.submit()
    for step in ("what", "receipt", "nowhere"):
        damaged = await visit(client, f"/report/{new_id()}.0000/{step}")
        assert damaged.status == 404
        assert "There is no such page" in damaged.text

    assert (forged.status, forged.value("name")) == (422, "Ana")
    assert done.number != sent.number
    assert len(await topic_log.at_least(2, INTAKE_REQUESTS)) == 2


async def test_the_language_changes_in_the_middle_and_the_words_stay(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    what = await first_step(client)
    spanish = await what.submit(POTHOLE, button=("lang", "es"))
    kind = await spanish.submit()
    done = await (await kind.submit()).submit()
    [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert (what.language, spanish.language, kind.language) == ("en", "es", "es")
    assert spanish.status == 200
    assert spanish.value("description") == POTHOLE["description"]
    assert done.heading == "Recibimos su reporte"
    assert isinstance(submitted, RequestSubmitted)
    assert submitted.data.language == "es"


async def test_while_the_database_is_stuck_nothing_that_was_written_is_lost(
    client: aiohttp.ClientSession, database: Database
) -> None:
    contact = await (await (await first_step(client)).submit(POTHOLE)).submit()
    async with locked(database, "intake.submissions"):
        stuck = await contact.submit({"name": "Ana"})
    done = await stuck.submit()

    assert stuck.status == 503
    assert stuck.headers["Retry-After"]
    assert stuck.value("name") == "Ana"
    assert done.number


async def test_a_draft_lies_sealed_for_a_day_known_to_every_process_and_goes_with_its_contact(
    running: Running, topic_log: TopicLog, database: Database
) -> None:
    async with running() as client, open_pool(database.dsn("intake")) as pool:
        kind = await (await first_step(client)).submit(POTHOLE)
        contact = await kind.submit({"name": "Quimberly"})
        async with running() as other:
            known = await visit(other, contact.url)
        [stored] = await pool.fetch("SELECT state, tracking_number FROM report_drafts")
        await contact.submit({"email": "quimberly@example.org", "status_updates": ["email"]})
        [submitted] = await topic_log.at_least(1, INTAKE_REQUESTS)
        [sent] = await pool.fetch("SELECT state, tracking_number FROM report_drafts")
        receipt = await visit(client, contact.url)
        async with transaction(pool) as db:
            await erase_contacts(db, [submitted.data.request_id])
        erased = await visit(client, receipt.url)
        over = await (await first_step(client)).submit(POTHOLE)
        await pool.execute("UPDATE report_drafts SET saved_at = saved_at - interval '1 day'")
        begun = await visit(client, over.url)

    assert POTHOLE["description"] in known.text
    assert stored["state"].startswith("sealed:")
    assert (stored["tracking_number"], sent["tracking_number"]) == (None, receipt.number)
    assert "We wrote to quimberly@example.org." in receipt.text
    assert (erased.url, erased.heading) == ("/track", "Check a report")
    assert begun.url.endswith("/what")
    assert begun.value("description") == ""


async def test_everything_can_be_posted_at_once_and_an_address_given_later(
    client: aiohttp.ClientSession, topic_log: TopicLog
) -> None:
    what = await first_step(client)
    everything = {**POTHOLE, "service_code": "ROW-POTHOLE", "name": "Ana", "step": "3"}
    form = {**everything, "form": what.value("form")}
    async with client.post("/report", data=form, allow_redirects=False) as answer:
        receipt = await visit(client, answer.headers["Location"])
    none = await receipt.submit()
    wrong = await none.submit({"email": "ana@"})
    told = await wrong.submit({"email": "ana@example.org"})
    _, late = await topic_log.at_least(2, INTAKE_CONTACTS)

    assert answer.status == 303
    assert [page.status for page in (none, wrong, told)] == [422, 422, 200]
    assert told.url == receipt.url
    assert "We wrote to ana@example.org." in told.text
    assert isinstance(late, ContactGiven)
    assert (late.data.name, late.data.email) == ("Ana", "ana@example.org")
    assert late.data.status_updates == ("email",)
