from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from services.notify.channels.sms.rules import sms_parts
from services.notify.rendering.renderer import TEMPLATES
from services.notify.rules.model import CaseFacts, ReferralAgency, TemplateName
from tests.support.notify.factories import PUBLIC_URL, message_data, renderer, request_facts

LANGUAGES = ("en", "es")
EVERY_MESSAGE = list(product(TEMPLATES, LANGUAGES))
AGENCY = ReferralAgency("ODOT", "1-888-275-6368", "https://odot.example.org", "state_land")
FACTS = CaseFacts(
    bureau="PBOT-MAINT",
    note="Filled",
    reason="No hole there",
    scheduled_for=datetime(2026, 3, 7, 9, tzinfo=ZoneInfo("US/Pacific")),
    request_count=1000,
    first_reported_at=datetime(2026, 9, 30, 9, tzinfo=ZoneInfo("US/Pacific")),
)


def text_of(template: TemplateName, language: str, **facts: object) -> str:
    request = request_facts(**({"answer_code": "garbage_day"} | facts))
    case, followed = FACTS, ("26-7KQ4-M2", "26-8LR5-N3")
    data = message_data(
        template=template, language=language, request=request, case=case, followed=followed
    )
    return renderer().render_sms(data)


@pytest.mark.parametrize(("template", "language"), EVERY_MESSAGE)
def test_every_text_tells_city_number_and_page_in_two_parts_at_most(
    template: TemplateName, language: str
) -> None:
    text = text_of(template, language, agency=AGENCY)

    assert text.startswith(("Portland 311: ", "311 de Portland: "))
    assert text.endswith(f" {PUBLIC_URL}/track/26-7KQ4-M2")
    assert text.count("26-7KQ4-M2") >= 2
    assert "\n" not in text
    assert sms_parts(text).count <= 2


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "26-7KQ4-M2: yours is one of 1000, first reported on Sep 30, 2026."),
        ("es", "26-7KQ4-M2: es uno de 1000, el primero del 30 sept 2026."),
    ],
)
def test_a_text_about_a_known_problem_tells_how_many_reported_it_and_since_when(
    language: str, told: str
) -> None:
    text = text_of("attached", language, emergency=True, agency=AGENCY)

    assert told in text
    assert (sms_parts(text).count, sms_parts(text).encoding) == (2, "gsm7")


@pytest.mark.parametrize("template", TEMPLATES)
def test_spanish_needs_no_letters_that_lengthen_a_text(template: TemplateName) -> None:
    plain = message_data(template=template, language="es", request=request_facts())

    assert sms_parts(renderer().render_sms(plain)).encoding == "gsm7"


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_danger_the_advice_comes_first(language: str) -> None:
    text = text_of("received", language, emergency=True)

    assert text.index("911") < text.index("26-7KQ4-M2")
    assert "911" not in text_of("received", language)


def test_a_long_reason_is_cut_and_foreign_text_makes_no_second_line() -> None:
    case = CaseFacts(reason="No work\r\n\u202e" + "found there " * 50)
    text = renderer().render_sms(message_data(template="declined", case=case))

    assert "The reason: No work found there" in text
    assert len(text) < 306
    assert not {"\n", "\r", "\u202e"} & set(text)
