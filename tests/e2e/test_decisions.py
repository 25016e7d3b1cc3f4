"""Decisions without work and their reasons, as residents and operators read them."""

from email.message import Message
from typing import Any

import pytest

from tests.e2e.actors import event_data, mails_to, post, report, text_of, work_order_for
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

ASKER = "gus.canary@example.org"
PLACES = {
    name: {"latitude": latitude, "longitude": -122.65, "accuracy_m": 15}
    for name, latitude in (("en", 45.50), ("es", 45.51), ("explained", 45.52))
}
"""Far enough apart that no report repeats another."""


def question(**reporter: str) -> dict[str, Any]:
    return {
        "jurisdiction": "portland.gov",
        "channel": "web",
        "service_code": "INFO-GENERAL",
        "description": "What day is my garbage picked up?",
        "reporter": {"email": ASKER, "status_updates": ["email"], **reporter},
    }


async def decision_on(router: Router, request_id: str) -> dict[str, Any]:
    return await event_data(router, "triage-decisions", request_id, "triaged.v1")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "A private company picks up at each home."), ("es", "Una compañía privada recoge")],
)
async def test_a_plain_question_is_answered_by_mail_and_makes_no_work(
    router: Router, language: str, words: str
) -> None:
    code, accepted = await post(router, question(language=language))
    assert code == 201

    async def answers() -> list[Message]:
        return mails_to(router, ASKER, words)

    [mail] = await eventually(answers)
    assert accepted["tracking_number"] in text_of(mail)
    assert "503-823-7202" in text_of(mail)
    assert mail["Content-Language"] in {language, None}
    assert (await decision_on(router, accepted["request_id"]))["outcome"] == "answered"
    await _nothing_else_follows(router, accepted["request_id"], place=PLACES[language])


async def _nothing_else_follows(router: Router, request_id: str, place: dict[str, float]) -> None:
    """Show that a question made no work: a later report makes some first."""
    _, later = await post(router, report(location=place, reporter=None))
    await work_order_for(router, "pbot-mod", later["request_id"])
    work = [topic for topic in await router.topics() if topic.endswith("-work")]
    events = await router.events("dispatch-cases", *work)
    assert later["request_id"] in {event["correlationid"] for event in events}
    assert request_id not in {event["correlationid"] for event in events}


async def test_explain_says_in_plain_sentences_why_a_request_was_decided_so(
    router: Router,
) -> None:
    reporter = {"email": ASKER, "status_updates": ["email"]}
    _, accepted = await post(router, report(location=PLACES["explained"], reporter=reporter))
    decision = await decision_on(router, accepted["request_id"])

    code, page, errors = await router.command("triage", "explain", accepted["tracking_number"])

    assert (code, errors.strip()) == (0, "")
    assert decision["explanation"]
    for sentence in decision["explanation"]:
        assert " ".join(sentence.split()) in " ".join(page.split())
    assert decision["priority"]["level"] in page
    assert "right lane" in page
    assert ASKER not in page
