"""Conversations over HTTP, and what they publish."""

from typing import Any

import aiohttp
import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.store import erase_drafts
from shared.catalogue import CALL_911
from shared.contract.events import ConsentChanged, ContactGiven, NoteAdded, RequestSubmitted
from shared.contract.topics import INTAKE_CONTACTS, INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.http_client import Response, call
from tests.support.intake.sms_gateway import SETTINGS, Phone
from tests.support.intake.texts import spoken
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

NUMBER = "+15035550177"
REPORT = "Pothole at NE 33rd and Fremont"


async def conversation(database: Database) -> dict[str, Any]:
    async with open_database(database.admin_dsn) as connection:
        [row] = await connection.fetch("SELECT * FROM intake.sms_conversations")
    return dict(row)


def number_in(answer: str | None) -> str:
    assert answer
    return next(word.strip(".:") for word in answer.split() if word.startswith("2"))


async def public_location(client: aiohttp.ClientSession, number: str) -> Any:
    async def found() -> Response | None:
        response = await call(client, "GET", f"/v1/requests/{number}")
        return response if response.status == 200 else None

    response = await eventually(found)
    assert response
    return response.json["location"]


async def in_both_lanes(topic_log: TopicLog, count: int) -> list[Any]:
    """Wait for that many events in both lanes; return them in the order of their times."""

    async def enough() -> list[Any]:
        lanes = [await topic_log.events(one) for one in (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS)]
        found = [event for lane in lanes for event in lane]
        return sorted(found, key=lambda event: event.id) if len(found) >= count else []

    return await eventually(enough, within_s=60)


async def test_a_report_that_takes_several_texts_and_a_restart_is_one_request(
    running: Running, topic_log: TopicLog, database: Database
) -> None:
    phone = Phone(NUMBER)
    async with running(**SETTINGS) as client:
        first = await phone.say(client, "Hay un bache grande")
        waiting = await conversation(database)
    async with running(**SETTINGS) as client:
        second = await phone.say(client, "en la calle 82 y Powell")
        third = await phone.say(client, "SÍ")
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)
        [contact] = await topic_log.at_least(1, INTAKE_CONTACTS)
    done = await conversation(database)

    assert first == spoken(wording.ASK_WHERE, language="es")
    assert waiting["number"].startswith("sealed:")
    assert second == "¿Está en un carril de bicicletas? Responda SÍ o NO."
    assert isinstance(request, RequestSubmitted)
    assert number_in(third) == request.data.tracking_number
    assert request.causationid == phone.sent[0][0]
    assert request.data.description == "Hay un bache grande\nen la calle 82 y Powell"
    assert (request.data.channel, request.data.language) == ("sms", "es")
    assert (request.data.service_code, request.data.classified) == ("ROW-POTHOLE", True)
    assert request.data.location.address == "calle 82 y Powell"
    assert request.data.attributes == {"bike_lane": "yes"}
    assert isinstance(contact, ContactGiven)
    assert (contact.data.phone, contact.data.status_updates) == (NUMBER, ("sms",))
    assert contact.data.phone_ref == request.data.reporter_ref == done["person"]
    assert (done["number"], done["due_at"]) == (None, None)
    assert NUMBER[2:] not in done["state"]


async def test_a_danger_without_a_place_takes_the_express_lane_and_so_does_its_place(
    running: Running, topic_log: TopicLog
) -> None:
    phone = Phone(NUMBER)
    async with running(**SETTINGS) as client:
        answer = await phone.say(client, "A live wire is down and sparking on the sidewalk")
        number = number_in(answer)
        await Phone("+15035550178").say(client, f"{number} is at 9 SE Ash St")
        before = await public_location(client, number)
        await phone.say(client, "in front of 1221 SW 4th Ave")
        await phone.say(client, f"{number} is near 9 SE Ash St")
        after = await public_location(client, number)
        request, *notes = await in_both_lanes(topic_log, 4)

    note = next(one for one in notes if one.data.text == "in front of 1221 SW 4th Ave")
    stranger = next(one for one in notes if one.data.by == "other")
    again = next(one for one in notes if one.data.by == "reporter" and one is not note)
    assert answer
    assert answer.startswith(CALL_911.en)
    assert (request.data.lane, request.data.location.precision) == ("express", "none")
    assert isinstance(note, NoteAdded)
    assert (note.data.text, note.data.by) == ("in front of 1221 SW 4th Ave", "reporter")
    assert note.data.request_id == request.data.request_id
    assert note.data.location
    assert (note.data.location.address, note.data.location.precision) == (
        "1221 SW 4th Ave",
        "address",
    )
    assert (before, after) == (None, {"address": "1221 SW 4th Ave"})
    assert (stranger.data.by, stranger.data.location) == ("other", None)
    assert (again.data.by, again.data.location) == ("reporter", None)


async def test_stop_and_start_are_recorded_and_silence_takes_reports(
    running: Running, topic_log: TopicLog
) -> None:
    phone = Phone(NUMBER)
    async with running(**SETTINGS) as client:
        stopped = [await phone.say(client, "ALTO"), await phone.say(client, "ALTO")]
        silent = await phone.say(client, REPORT)
        helped = await phone.say(client, "AYUDA")
        started = await phone.say(client, "COMENZAR")
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        contacts = await topic_log.at_least(3, INTAKE_CONTACTS)
        keys = [record.key for record in await topic_log.records(INTAKE_CONTACTS)]

    assert (stopped, silent) == ([spoken(wording.STOPPED, language="es"), None], None)
    assert helped == spoken(wording.HELP, language="es").replace("{phone}", "3-1-1 o 503-823-4000")
    assert started == spoken(wording.STARTED, language="es")
    [contact] = [one for one in contacts if isinstance(one, ContactGiven)]
    consents = [one.data for one in contacts if isinstance(one, ConsentChanged)]
    assert contact.data.status_updates == ()
    assert [(one.channel, one.opted_out) for one in consents] == [("sms", True), ("sms", False)]
    assert {one.contact for one in consents} == {request.data.reporter_ref}
    assert keys.count(f"consent:{request.data.reporter_ref}".encode()) == 2


async def test_status_and_notes_by_number_from_another_phone(
    running: Running, topic_log: TopicLog
) -> None:
    phone, other = Phone(NUMBER), Phone("+15035550178")
    async with running(**SETTINGS) as client:
        number = number_in(await phone.say(client, REPORT))
        own = await phone.say(client, "STATUS")
        asked = await other.say(client, f"estado {number.replace('-', '').lower()}")
        alone = await other.say(client, number)
        elsewhere = await other.say(client, f"STATUS {number}", to="+15035550101")
        unknown = await other.say(client, "STATUS 26-7KQ4-M2")
        noted = await other.say(client, f"{number} is much worse now")
        *_, note = await topic_log.at_least(2, INTAKE_REQUESTS)

    assert own == (
        f"Report {number}: Pothole. We got your report. We are finding out who takes care of it."
    )
    assert asked
    assert asked.startswith(f"Reporte {number}: ")
    assert alone
    assert alone.partition(":")[0].endswith(number)
    assert elsewhere == unknown == wording.STATUS_UNKNOWN.en
    assert noted == f"Thank you. We added that to report {number}."
    assert (note.data.tracking_number, note.data.by) == (number, "other")


async def test_a_note_by_number_to_an_older_report_of_the_same_phone_is_its_reporters(
    running: Running, topic_log: TopicLog
) -> None:
    phone = Phone(NUMBER)
    async with running(**SETTINGS) as client:
        first = number_in(await phone.say(client, REPORT))
        latest = number_in(await phone.say(client, "Graffiti on the wall at 1221 SW 4th Ave"))
        await phone.say(client, f"{first} is much worse now")
        published = await topic_log.at_least(3, INTAKE_REQUESTS)

    [note] = [event.data for event in published if isinstance(event, NoteAdded)]
    assert first != latest
    assert (note.tracking_number, note.by) == (first, "reporter")


async def test_more_words_than_a_description_holds_follow_as_notes(
    running: Running, topic_log: TopicLog
) -> None:
    phone = Phone(NUMBER)
    words = [f"a broken bench {n} " + "and it is in bad shape " * 60 for n in range(4)]
    async with running(**SETTINGS) as client:
        for text in words:
            await phone.say(client, text)
        answer = await phone.say(client, "at NE 33rd and Fremont")
        request, *notes = await in_both_lanes(topic_log, 3)  # the place is the last one

    assert number_in(answer) == request.data.tracking_number
    assert len(request.data.description) <= 4_000
    everything = " ".join([request.data.description, *(note.data.text for note in notes)])
    wanted = " ".join([*words, "at NE 33rd and Fremont"])
    assert everything.split() == wanted.split()


async def test_hostile_words_are_taken_redacted_and_answered(
    running: Running, topic_log: TopicLog
) -> None:
    phone = Phone("22000")  # a short code is no telephone number, and what it says counts
    text = "Pothole\x00 {number} </Message> {0} \u202e call 503-555-0142, at NE 33rd and Fremont"
    async with running(**SETTINGS) as client:
        answer = await phone.say(client, text)
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert number_in(answer) == request.data.tracking_number
    assert "555-0142" not in request.data.description
    assert "{number} </Message> {0}" in request.data.description


async def test_an_erased_draft_is_gone_and_silence_stays(
    running: Running, database: Database
) -> None:
    phone = Phone(NUMBER)
    async with running(**SETTINGS) as client:
        for text in ("STOP", "a broken bench"):
            await phone.say(client, text)
        before = await conversation(database)
        async with open_database(database.admin_dsn) as db, db.transaction():
            await db.execute("SET LOCAL search_path = intake")
            await erase_drafts(db, [(before["person"], before["jurisdiction"])])
        after = await conversation(database)
        answer = await phone.say(client, "NE 33rd and Fremont")

    assert "broken bench" in before["state"]
    assert "broken bench" not in after["state"]
    assert (after["number"], after["due_at"], after["is_silent"]) == (None, None, True)
    assert answer is None
