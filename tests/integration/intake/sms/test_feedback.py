"""Answers to "Is it fixed?" by text and on the status page."""

from typing import Any

import pytest

from services.intake.channels.sms.rules import wording
from services.intake.channels.status_view import ReporterLinks
from shared.contract.events import Event, FeedbackGiven, NoteAdded, new_id
from shared.contract.topics import (
    INTAKE_CONTACTS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    NOTIFY_FEEDBACK,
)
from shared.runtime.clock import utc_now
from tests.integration.intake.conftest import Running
from tests.support.intake.browser import visit
from tests.support.intake.sms_gateway import SETTINGS, Phone
from tests.support.intake.texts import spoken
from tests.support.notify.factories import closed, moved, opened
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

LINKS = ReporterLinks.of(b"a secret of the tests", "")
REPORT = "Hay un bache grande en la calle 82 y Powell"


def just_now(event: Event) -> Event:
    return event.model_copy(update={"time": utc_now()})


async def test_no_is_an_answer_by_text_and_by_the_reporters_link_and_by_no_number_alone(
    running: Running, topic_log: TopicLog
) -> None:
    phone, stranger, case_id = Phone("+15035550171"), Phone("+15035550172"), new_id()
    async with running(**SETTINGS) as client:
        await phone.say(client, REPORT)
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)
        number, request_id = request.data.tracking_number, request.data.request_id
        early = await phone.say(client, "Sí")  # the question of the kind comes with the report
        await topic_log.publish(opened(request_id, case_id), just_now(closed(case_id, 2)))

        async def finished() -> Any:
            page = await visit(client, f"/track/{number}")
            return page if "Is it not fixed?" in page.text else None

        page = await eventually(finished)
        said = await phone.say(client, "NO", sid="SM-no")
        again = await phone.say(client, "NO", sid="SM-no")
        other = await stranger.say(client, "NO")
        forged = await page.submit({"not_fixed": "It is not fixed.", "text": "I say so"})
        own = await visit(client, f"/track/{number}?key={LINKS.key(number)}")
        told = await own.submit({"not_fixed": "It is not fixed.", "text": "Look again"})
        answers = await topic_log.at_least(2, NOTIFY_FEEDBACK)

    assert early is not None
    assert said == again == spoken(wording.NOT_FIXED, language="es").replace("{number}", number)
    assert other == wording.NOTHING_ASKED.en
    assert page.tree.xpath("//input[@name='not_fixed']") == []
    assert forged.status == told.status == 200
    assert all(isinstance(answer, FeedbackGiven) for answer in answers)
    assert [(one.source, one.data.channel, one.data.fixed) for one in answers] == [
        ("/intake", "sms", False),
        ("/intake", "web", False),
    ]
    assert {(one.data.case_id, one.data.request_id) for one in answers} == {(case_id, request_id)}


async def test_an_answer_to_the_teams_question_is_the_reporters_note(
    running: Running, topic_log: TopicLog
) -> None:
    phone, case_id = Phone("+15035550173"), new_id()
    async with running(**SETTINGS) as client:
        await phone.say(client, REPORT)
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS_EXPRESS)
        number, request_id = request.data.tracking_number, request.data.request_id
        await phone.say(client, "Sí")
        asked = just_now(moved(case_id, 2, "waiting_for_resident"))
        await topic_log.publish(opened(request_id, case_id), asked)

        async def asks() -> Any:
            page = await visit(client, f"/track/{number}")
            return page if "needs to hear from you" in page.text else None

        await eventually(asks)
        said = await phone.say(client, "No")
        [_, note] = await topic_log.at_least(2, INTAKE_REQUESTS)
        [contact] = await topic_log.at_least(1, INTAKE_CONTACTS)

    assert isinstance(note, NoteAdded)
    assert contact.data.informed == ("sms",)  # the answer had the number
    assert said == spoken(wording.ANSWER_ADDED, language="es").replace("{number}", number)
    assert (note.data.request_id, note.data.text, note.data.by) == (request_id, "No", "reporter")
