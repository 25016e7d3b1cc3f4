"""Conversations by e-mail, each message a transaction, at moments of the tests' own."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from PIL import Image

from services.intake.channels.conversations.waiting import ConversationDeadlines
from services.intake.channels.mail import channel
from services.intake.channels.mail.rules.machine import ANSWER_WITHIN
from services.intake.channels.mail.store import erase_mail_drafts
from shared.runtime.postgres import transaction
from tests.integration.intake.mail.postbox import ANA, DANGER, REPORT, Postbox, mail
from tests.support.pictures import encoded
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

SECOND = timedelta(seconds=1)


async def test_a_report_is_a_request_at_once_and_its_repeat_changes_nothing(
    postbox: Postbox,
) -> None:
    message = mail(REPORT, "Pothole", Message_ID="<a.1@mail.example.org>")
    relayed = b"Received: from elsewhere\r\n" + bytes(message)

    fates = await asyncio.gather(*[postbox.take(message) for _ in range(3)])
    again = await postbox.take(relayed)
    [event] = await postbox.events("request.submitted")
    [contact] = await postbox.events("contact")

    assert sorted([*fates, again]) == ["repeat", "repeat", "repeat", "request"]
    assert event["causationid"] == "<a.1@mail.example.org>"
    request = event["data"]
    assert (request["channel"], request["service_code"]) == ("email", "ROW-POTHOLE")
    assert request["description"] == f"Pothole\n\n{REPORT}"
    assert (request["language"], request["location"]["address"]) == ("en", "NE 33rd and Fremont")
    assert contact["data"]["email"] == ANA
    assert contact["data"]["status_updates"] == ["email"]
    assert postbox.sent.mails == []


async def test_other_bytes_under_the_same_id_are_a_message_of_their_own(postbox: Postbox) -> None:
    first = mail(REPORT, Message_ID="<a@b.example.org>")
    second = mail("Graffiti on the wall at 600 SE Oak St", Message_ID="<a@b.example.org>")

    fates = [await postbox.take(one) for one in (first, second, second, first)]
    events = await postbox.events("request.submitted")

    assert fates == ["request", "request", "repeat", "repeat"]
    assert events[1]["causationid"].startswith("sha256:")


async def test_a_missing_place_is_asked_for_once_and_the_answer_completes_the_report(
    postbox: Postbox,
) -> None:
    asked = await postbox.take(mail("hay un bache muy grande", "Bache", Message_ID="<q@b.example>"))
    question = await postbox.question()
    reply = mail("calle 82 y Powell", "Re: Su mensaje al 311", In_Reply_To="<x@y.example>")
    answered = await postbox.take(reply, to=question["Reply-To"])
    thanks = await postbox.take(mail("gracias, ya"), to=question["Reply-To"].upper())
    await postbox.question()
    [request] = await postbox.requests()

    assert (asked, answered, thanks) == ("question", "request", "note")
    assert question["To"] == ANA
    assert question["Auto-Submitted"] == "auto-generated"
    assert question["In-Reply-To"] == "<q@b.example>"
    said = f"{question['Subject']} {question.get_content()}"
    assert said.count("?") == 1
    assert "¿Dónde está?" in said
    assert request["location"]["address"] == "calle 82 y Powell"
    assert request["description"] == "Bache\n\nhay un bache muy grande\n\ncalle 82 y Powell"
    assert request["language"] == "es"
    assert await postbox.notes() == [("gracias, ya", "reporter")]
    assert len(postbox.sent.mails) == 1


async def test_questions_go_out_by_themselves_until_the_stop(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_IDLE_S", 1_000)  # so that only a wake makes it look

    async def are_sent(count: int) -> bool:
        return len(postbox.sent.mails) == count

    stopping = asyncio.Event()
    running = asyncio.create_task(postbox.questions.run(stopping))
    for count, subject in enumerate(("Bache", "Otro bache"), start=1):
        await postbox.take(mail("hay un bache muy grande", subject))
        await eventually(partial(are_sent, count))
    stopping.set()

    await asyncio.wait_for(running, 40)


async def test_an_answer_is_known_by_the_message_that_it_answers(postbox: Postbox) -> None:
    await postbox.take(mail("A bench is broken"))
    question = await postbox.question()
    reply = mail("Laurelhurst Park", "Re: Your message", In_Reply_To=question["Message-ID"])

    assert await postbox.take(reply) == "request"
    assert [one["location"]["address"] for one in await postbox.requests()] == ["Laurelhurst Park"]


async def test_a_danger_goes_on_at_once_and_its_place_follows_as_a_note(postbox: Postbox) -> None:
    taken = await postbox.take(mail(DANGER, "Wire"))
    [request] = await postbox.requests()
    question = await postbox.question()
    unknown = await postbox.take(mail("behind the old mill"), to=question["Reply-To"])
    stranger = mail("9 SE Ash St", sender="ben@example.org")
    other = await postbox.take(stranger, to=question["Reply-To"])
    about = f"Re: report {request['tracking_number']}"
    noted = await postbox.take(mail("It is at NE 33rd and Fremont", about))
    again = await postbox.take(mail("9 SE Ash St"), to=question["Reply-To"])
    places = [event["data"]["location"] for event in await postbox.events("request.note_added")]
    [row] = await postbox.pool.fetch("SELECT address FROM requests")

    assert (taken, {unknown, other, noted, again}) == ("request", {"note"})
    assert [place and place["address"] for place in places] == [
        None,
        None,
        "NE 33rd and Fremont",
        None,
    ]
    assert row["address"] == "NE 33rd and Fremont"
    assert request["location"]["precision"] == "none"
    assert request["lane"] == "express"
    text = question.get_content()
    assert text.startswith("If anybody is in danger, call 911 now.")
    assert request["tracking_number"] in text
    assert text.count("?") == 1
    assert [by for _, by in await postbox.notes()] == ["reporter", "other", "reporter", "reporter"]


async def test_who_may_harm_themselves_is_answered_whatever_the_mail_is_about(
    postbox: Postbox,
) -> None:
    crisis = "I want to kill myself"
    report = await postbox.take(mail(f"{crisis} at 1221 SW 4th Ave"))
    answer = await postbox.question()
    [request] = await postbox.requests()
    about = f"Re: report {request['tracking_number']}"
    note = await postbox.take(mail(crisis, about))
    again = await postbox.question()
    reply = await postbox.take(mail("Thank you, I called"), to=answer["Reply-To"])

    assert (report, note, reply) == ("request", "note", "note")
    assert again["Message-ID"] != answer["Message-ID"]
    for text in (answer.get_content(), again.get_content()):
        assert text.startswith("You are not alone.")
        assert 0 < text.index("988") < text.index("911")


async def test_without_an_answer_a_report_goes_on_after_a_day_and_a_late_answer_is_a_note(
    postbox: Postbox,
) -> None:
    await postbox.take(mail("A bench is broken"))
    question = await postbox.question()
    deadlines = ConversationDeadlines(postbox.conversations, lambda: postbox.now)
    postbox.now += ANSWER_WITHIN - SECOND
    early = await deadlines.sweep()
    postbox.now += SECOND
    swept = await asyncio.gather(*[deadlines.sweep() for _ in range(3)])
    late = await postbox.take(mail("Laurelhurst Park"), to=question["Reply-To"])
    [request] = await postbox.requests()
    [row] = await postbox.pool.fetch("SELECT sealed_address, due_at FROM mail_conversations")

    assert (early, sum(swept), late) == (0, 1, "note")
    assert request["location"]["precision"] == "none"
    assert tuple(row) == (None, None)
    assert len(postbox.sent.mails) == 1


async def test_a_number_in_subject_or_references_makes_a_note(postbox: Postbox) -> None:
    await postbox.take(mail(REPORT))
    [request] = await postbox.requests()
    number = request["tracking_number"]
    fates = [
        await postbox.take(mail("It is worse now", f"Re: Your report {number}")),
        await postbox.take(mail("Me too", f"about {number}", sender="ben@example.org")),
        await postbox.take(mail("Any news", "Re: it", References=f"<x@y.example> <{number}@z>")),
        await postbox.take(mail(REPORT, "Re: Your report 26-7KQ4-M2")),
    ]

    assert fates == ["note", "note", "note", "request"]
    assert await postbox.notes() == [
        ("It is worse now", "reporter"),
        ("Me too", "other"),
        ("Any news", "reporter"),
    ]


async def test_machines_and_we_ourselves_are_never_answered(postbox: Postbox) -> None:
    await postbox.take(mail("A bench is broken"))
    question = await postbox.question()
    back = [
        await postbox.take(bytes(question)),
        await postbox.take(mail("I am away", Auto_Submitted="auto-replied"), question["Reply-To"]),
        await postbox.take(mail("Undelivered"), to=question["Reply-To"], path="<>"),
        await postbox.take(mail("Bench", sender="311+x@PortlandOregon.gov")),
    ]
    await postbox.question()

    assert back == ["machine", "machine", "machine", "own"]
    assert await postbox.requests() == []
    assert len(postbox.sent.mails) == 1


async def test_a_question_that_a_crash_left_behind_is_never_sent_again(postbox: Postbox) -> None:
    await postbox.take(mail("A bench is broken"))
    await postbox.pool.execute(
        "UPDATE mail_conversations SET sending = 'sending', send_at = $1", postbox.now
    )
    postbox.now += timedelta(minutes=5)

    assert not await postbox.questions.send_one()
    assert await postbox.pool.fetchval("SELECT sending FROM mail_conversations") == "unknown"
    assert postbox.sent.mails == []


async def test_a_question_waits_for_its_mail_server_and_not_for_ever(postbox: Postbox) -> None:
    await postbox.take(mail("A bench is broken"))
    await postbox.sent.close()
    refused = await postbox.questions.send_one()
    await postbox.sent.open()
    postbox.now += timedelta(minutes=2)
    question = await postbox.question()
    postbox.sent.replies["ben@example.org"] = "550 no such person"
    await postbox.take(mail("A bench is broken", sender="ben@example.org"))
    await postbox.questions.send_one()
    states = await postbox.pool.fetch("SELECT sending FROM mail_conversations ORDER BY send_at")

    assert not refused
    assert question["To"] == ANA
    assert sorted(row["sending"] for row in states) == ["refused", "sent"]


async def test_nobody_is_asked_more_than_five_times_a_day(postbox: Postbox) -> None:
    fates = [
        await postbox.take(mail(f"Bench {n} is broken", sender=f"ana+{n}@example.org"))
        for n in range(6)
    ]
    nobody = await postbox.take(mail("A bench is broken", sender="no-reply@example.org"))

    assert fates == ["question"] * 5 + ["request"]
    assert nobody == "request"


async def test_more_words_than_a_description_holds_follow_as_notes(postbox: Postbox) -> None:
    words = [f"word{n}" for n in range(1_500)]
    await postbox.take(mail(f"Pothole at NE 33rd and Fremont. {' '.join(words)}", ""))
    [request] = await postbox.requests()
    notes = await postbox.notes()

    said = " ".join([request["description"], *(text for text, _ in notes)]).split()
    assert len(request["description"]) <= 4_000
    assert said == ["Pothole", "at", "NE", "33rd", "and", "Fremont.", *words]


async def test_pictures_are_kept_and_a_picture_alone_is_asked_about(postbox: Postbox) -> None:
    alone = mail("", "")
    alone.add_attachment(encoded(), maintype="image", subtype="jpeg", filename="IMG_1.jpg")
    alone.add_attachment(b"no picture", maintype="image", subtype="png", filename="x.png")
    asked = await postbox.take(alone)
    question = await postbox.question()
    answered = await postbox.take(mail(REPORT), to=question["Reply-To"])
    [request] = await postbox.requests()
    attached = await postbox.pool.fetchval("SELECT count(*) FROM media WHERE attached")

    assert (asked, answered, attached) == ("question", "request", 1)
    assert "What is wrong, and where?" in question.get_content()
    assert [medium["media_type"] for medium in request["media"]] == ["image/jpeg"]


async def test_an_erased_draft_is_gone(postbox: Postbox) -> None:
    await postbox.take(mail("A bench is broken by Ana"))
    async with transaction(postbox.pool) as db:
        token = await db.fetchval("SELECT token FROM mail_conversations")
        await erase_mail_drafts(db, [token])
    row = await postbox.pool.fetchrow("SELECT * FROM mail_conversations")

    assert row is not None
    assert (row["sealed_address"], row["due_at"], row["sending"]) == (None, None, "dropped")
    assert "bench" not in row["state"]
    assert not await postbox.questions.send_one()


async def test_pictures_of_an_answer_that_a_report_has_no_room_for_follow_as_a_note(
    postbox: Postbox,
) -> None:
    first, answer = mail("A bench is broken"), mail("It is at NE 33rd and Fremont")
    for message, count in ((first, 20), (answer, 2)):
        for number in range(count):
            picture = encoded(Image.new("RGB", (8, 8), (number, count, 0)))
            message.add_attachment(picture, maintype="image", subtype="jpeg", filename="x.jpg")
    await postbox.take(first)
    question = await postbox.question()
    fate = await postbox.take(answer, to=question["Reply-To"])
    [request] = await postbox.requests()
    [note] = await postbox.events("request.note_added")

    assert fate == "request"
    assert (len(request["media"]), len(note["data"]["media"])) == (20, 2)


async def test_thanks_without_end_do_not_grow_a_report_without_end(postbox: Postbox) -> None:
    await postbox.take(mail("A bench is broken"))
    question = await postbox.question()
    thanks = "thank you " * 3_000
    messages = [mail(thanks, f"Re: {number}") for number in range(3)]
    fates = [await postbox.take(message, to=question["Reply-To"]) for message in messages]

    assert fates == ["waiting", "request", "note"]
