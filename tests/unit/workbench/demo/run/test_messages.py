"""Messages of residents: the place at once or when asked, and answers to questions."""

import json
from dataclasses import replace
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from typing_extensions import override

from services.intake.channels.sms.rules.wording import ASK_WHERE, ASK_YES_NO
from tests.support.builders import NOON
from tests.support.intake.texts import spoken
from workbench.demo.run.mailbox import answer_mail, report_mail
from workbench.demo.run.observations import Observations
from workbench.demo.run.texts import SimulatedGateway, TextingResidents, first_text, reply_to
from workbench.demo.scenario import DemoSubmission
from workbench.demo.scenario.stories import NOT_FIXED

PLACE = {"latitude": 45.5, "longitude": -122.6, "address": "4200 SE Duke St"}
QUESTION = message_from_string(
    "Message-ID: <q@311.example>\nReply-To: 311+token@311.example\n\nWhere is it?"
)


def report(location: dict[str, object] | None, source: str = "/email") -> DemoSubmission:
    data = {
        "channel": source.strip("/"),
        "description": "Rats",
        "language": "es",
        "reporter": {"name": "Ana Peña", "email": "ana@example.org", "phone": "+15035550100"},
        **({"location": location} if location else {}),
    }
    return DemoSubmission(source, "d-1", NOON, NOON, data)


def test_the_place_stands_in_the_subject_or_before_the_words() -> None:
    mail = report_mail(report(PLACE), "311@city.example")
    assert mail["Subject"] == "4200 SE Duke St"
    assert (mail["From"], mail["To"]) == ("Ana Peña <ana@example.org>", "311@city.example")
    assert mail.get_content() == "Rats\n"
    assert first_text(report(PLACE)) == "4200 SE Duke St: Rats"


def test_a_place_without_a_point_is_told_when_asked_for() -> None:
    asked = report({"address": "4200 SE Duke St"})
    assert report_mail(asked, "311@city.example")["Subject"] == ""
    assert first_text(asked) == "Rats"
    assert reply_to(spoken(ASK_WHERE, language="es"), asked) == "4200 SE Duke St"


def test_an_answer_goes_to_the_address_of_its_question() -> None:
    mail: Message = answer_mail(report({"address": "4200 SE Duke St"}), QUESTION)
    assert (mail["To"], mail["In-Reply-To"]) == ("311+token@311.example", "<q@311.example>")
    assert mail.get_payload() == "4200 SE Duke St\n"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_question_of_the_kind_gets_a_no(language: str) -> None:
    assert reply_to(f"Is it hot? {spoken(ASK_YES_NO, language=language)}", report(PLACE)) == "NO"


def test_who_knows_no_place_says_so() -> None:
    assert reply_to(spoken(ASK_WHERE, language="es"), report(None)) == "No sé"


class Answering(SimulatedGateway):
    """A gateway whose router answers everything alike."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str, str]] = []

    @override
    async def text(self, sid: str, phone: str, body: str) -> str | None:
        self.texts.append((sid, phone, body))
        return "Thank you."


async def test_who_is_not_satisfied_says_no_once(tmp_path: Path) -> None:
    gateway, seen, phone = Answering(), Observations(), "+15035550100"
    residents = TextingResidents(gateway, tmp_path, seen)
    await residents.submit([replace(report(PLACE, "/sms"), story=NOT_FIXED)])
    for name, to, body in (
        ("1", phone, "Work is scheduled."),
        ("2", "+15035550101", "Is it fixed?"),
        ("3", phone, "It is done. Is it fixed?"),
        ("4", phone, "Is it fixed?"),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps({"To": to, "Body": body}))
    await residents.answer_questions()

    assert gateway.texts == [
        ("SMd-1", phone, "4200 SE Duke St: Rats"),
        ("SMd-1-NO", phone, "NO"),
    ]
    assert seen.replies == {("/sms", "d-1"): "Thank you."}
