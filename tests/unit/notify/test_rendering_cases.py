from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.notify.channels.sms.rules import sms_parts
from services.notify.rendering.renderer import MessageRenderer
from services.notify.rules.model import CaseFacts, TemplateName
from tests.support.notify.factories import LANGUAGES as SPOKEN
from tests.support.notify.factories import (
    LINKS,
    MESSAGE,
    PORTLAND,
    PUBLIC_URL,
    message_data,
    renderer,
    request_facts,
)
from tests.unit.notify.letters import LANGUAGES, Page, render


@pytest.mark.parametrize(
    ("language", "day"),
    [("en", "Monday, November 23"), ("es", "lunes 23 de noviembre")],
)
def test_a_date_is_the_citys_own_day_in_words(language: str, day: str) -> None:
    late_in_utc = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)

    message = render("scheduled", language, case=CaseFacts(scheduled_for=late_in_utc))

    assert day in message.text


@pytest.mark.parametrize(
    ("language", "told", "count"),
    [
        (
            "en",
            "Yours is one of 30 reports about it. It was first reported on November 23, 2026.",
            "one of",
        ),
        (
            "es",
            "El suyo es uno de 30 reportes. El primero llegó el 23 de noviembre de 2026.",
            "uno de",
        ),
    ],
)
def test_who_reports_a_known_problem_reads_how_many_did_and_since_when(
    language: str, told: str, count: str
) -> None:
    late_in_utc = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    case = CaseFacts(request_count=30, first_reported_at=late_in_utc)

    message = render("attached", language, case=case)

    assert told in message.text
    assert told in Page(message.html).text
    only_one = render("attached", language, case=CaseFacts(request_count=1))
    assert count not in only_one.text


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.max,  # noqa: DTZ901 - as the driver reads "infinity"
        datetime(1999, 12, 31, tzinfo=UTC),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_work_with_an_implausible_date_is_planned_without_it(
    language: str, moment: datetime
) -> None:
    case = CaseFacts(scheduled_for=moment)

    assert render("scheduled", language, case=case) == render("scheduled", language)


def test_work_without_a_date_is_planned_all_the_same() -> None:
    assert "We don't know the day yet" in render("scheduled").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "template",
    [
        "scheduled",
        "in_progress",
        "waiting_for_resident",
        "question",
        "completed",
        "declined",
        "referred",
        "reopened",
    ],
)
def test_what_the_bureau_says_to_the_public_is_passed_on(template: str, language: str) -> None:
    message = render(template, language, case=CaseFacts(note="Mattress taken away"))

    assert "Mattress taken away" in message.text
    assert "Mattress taken away" in message.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_turned_down_reads_why(language: str) -> None:
    assert (
        "Private land" in render("declined", language, case=CaseFacts(reason="Private land")).text
    )


def test_the_bureau_is_called_by_its_name() -> None:
    message = render(case=CaseFacts(bureau="PBOT-MAINT"))

    assert "We sent it to PBOT Maintenance Operations." in message.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_reads_that_the_work_is_done_can_say_whether_it_is_fixed(language: str) -> None:
    message = render("completed", language)

    link = LINKS.url("feedback", MESSAGE)
    for answer in ("yes", "no"):
        assert f"{link}?fixed={answer}\n" in message.text
        assert f'href="{link}?fixed={answer}"' in message.html
    assert "/feedback/" not in render("declined", language).text


def test_a_new_team_is_named_with_its_phone_and_a_resident_who_called_it_back_is_told() -> None:
    moved = render("transferred", case=CaseFacts(bureau="PBOT-MAINT"))
    by_resident = render("reopened", case=CaseFacts(reason="resident_says_not_fixed"))
    by_operator = render("reopened", case=CaseFacts(reason="A look into the file"))

    bureau = "PBOT Maintenance Operations will take care of it from now on."
    assert f"{bureau} Their phone: 503-823-1700." in moved.text
    assert "Someone told us that it is not fixed." in by_resident.text
    assert "there is more work to do" in by_operator.text
    assert "A look into the file" not in by_operator.text


@pytest.mark.parametrize("template", ["answered", "waiting_for_resident", "question"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_words_of_the_staff_stand_in_the_frame_of_the_readers_language(
    template: TemplateName, language: str
) -> None:
    case = CaseFacts(note="Which lane? 503-823-4000")
    message = render(template, language, case=case)
    text = renderer().render_sms(message_data(template=template, language=language, case=case))

    assert message.text.count("Which lane? 503-823-4000") == 1
    assert "Which lane?" in message.html
    assert text.count("Which lane? 503-823-4000") == 1


WORDS = "A hole in the road, knee deep. It is by the bus stop."
ON_TUESDAY = datetime(2026, 11, 24, 20, tzinfo=UTC)


@pytest.mark.parametrize("template", ["received", "attached", "already_closed", "referred"])
def test_a_receipt_repeats_the_reporters_words_and_the_day(template: str) -> None:
    given = request_facts(words=f" {WORDS}\n", submitted_at=ON_TUESDAY)
    english, spanish = (render(template, tag, request=given) for tag in ("en", "es"))

    assert f"You wrote on Tuesday, November 24: {WORDS}" in english.text
    assert f"Usted escribi\u00f3 el martes 24 de noviembre: {WORDS}" in spanish.text
    assert WORDS not in render("completed", request=given).text


def test_words_with_a_link_are_not_repeated_and_long_ones_are_cut() -> None:
    link = request_facts(words="Win at www.example.org", submitted_at=ON_TUESDAY)
    long = request_facts(words="long " * 200, submitted_at=ON_TUESDAY)

    assert "You wrote" not in render(request=link).text
    assert f"{'long ' * 59}long\u2026" in render(request=long).text


def test_a_question_of_the_team_can_be_answered_where_it_is_read() -> None:
    asked = CaseFacts("PBOT-MAINT", "Which of the two poles is it?")
    answerable = MessageRenderer(
        {"portland.gov": replace(PORTLAND, takes_replies=True)}, PUBLIC_URL, LINKS, SPOKEN
    )
    data = message_data(template="waiting_for_resident", case=asked)
    text = answerable.render_sms(data)

    assert "The team says: Which of the two poles is it?" in answerable.render(data).text
    assert "Please reply to this message with your answer." in answerable.render(data).text
    assert "reply" not in render("waiting_for_resident", case=asked).text
    assert "26-7KQ4-M2: Which of the two poles is it? Reply to this text" in text
    assert (
        sms_parts(
            answerable.render_sms(
                message_data(
                    template="waiting_for_resident", case=CaseFacts(note="which pole " * 40)
                )
            )
        ).count
        <= 3
    )
