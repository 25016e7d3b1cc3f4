import re
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from services.notify.records import MessageData
from services.notify.rendering.renderer import TEMPLATES, UnknownCityError
from services.notify.rules.model import CaseFacts, ReferralAgency
from tests.support.notify.factories import (
    LINKS,
    MESSAGE,
    PUBLIC_URL,
    message_data,
    renderer,
    request_facts,
)
from tests.unit.notify.letters import LANGUAGES, Page, render

RENDERER = renderer()
EVERY_MESSAGE = list(product(TEMPLATES, LANGUAGES))
ODOT = ReferralAgency("Oregon DOT", "1-888-275-6368", "https://www.oregon.gov/odot")
HOSTILE = (
    "x\r\nBcc: evil@example.org",
    "x\n\nYour account is locked.",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}${7*7}#{7*7}",
    "\u202egnp.exe\u202c\u2066\u200f",
    "nul\x00 bell\x07 escape\x1b[31m",
    "&lt;b&gt; &amp; \"quoted\" 'too'",
    "A" * 100_000,
)


def words_in(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@pytest.mark.parametrize(("template", "language"), EVERY_MESSAGE)
def test_every_letter_tells_the_number_the_kind_the_page_the_phone_and_how_to_stop(
    template: str, language: str
) -> None:
    message = render(template, language)

    kind = {"en": "Pothole", "es": "Bache"}[language]
    stop = {"en": "Stop these emails", "es": "No recibir más estos correos"}[language]
    phone = {"en": "3-1-1 or 503-823-4000", "es": "3-1-1 o 503-823-4000"}[language]
    assert "26-7KQ4-M2" in message.subject
    for part in (message.text, message.html):
        assert "26-7KQ4-M2" in part
        assert kind in part
        assert f"{PUBLIC_URL}/track/26-7KQ4-M2" in part
        assert phone in part
        assert stop in part
        assert message.unsubscribe_url in part
        assert LINKS.url("preferences", MESSAGE) in part
        assert "City of Portland" in part


@pytest.mark.parametrize(("template", "language"), EVERY_MESSAGE)
def test_the_html_says_the_same_as_the_text_to_everybody(template: str, language: str) -> None:
    message = render(
        template,
        language,
        request=request_facts(address="1221 SW 4th Ave", emergency=True, agency=ODOT),
        case=CaseFacts("PBOT-MAINT", "All dry", "Out of town", datetime(2026, 11, 24, tzinfo=UTC)),
    )
    page = Page(message.html)

    assert dict(page.tags)["html"]["lang"] == language
    assert ("title", {}) in page.tags
    assert all(words_in(attributes["href"] or "") for tag, attributes in page.tags if tag == "a")
    shown = set(words_in(page.text))
    urls = [LINKS.url(purpose, MESSAGE) for purpose in ("feedback", "preferences", "unsubscribe")]
    hidden = set(words_in(f"{PUBLIC_URL}/track/ {' '.join(urls)}?fixed=yes?fixed=no"))
    assert set(words_in(message.text)) - shown <= hidden


@pytest.mark.parametrize(("template", "language"), EVERY_MESSAGE)
def test_a_letter_with_the_least_that_can_be_known_has_no_gap(template: str, language: str) -> None:
    message = render(
        template,
        language,
        name=None,
        request=request_facts(service_code="NO-SUCH-KIND"),
        case=CaseFacts(bureau="NO-SUCH-BUREAU"),
    )

    for part in (message.subject, message.text, Page(message.html).text):
        assert "None" not in part
        assert not re.search(r"[^-\n] {2}|: *\.|\( *\)|,,|\.\.", part)
    assert not re.search(r"\n{3}", message.text)
    assert message.text.startswith({"en": "Hello,\n", "es": "Hola:\n"}[language])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ["received", "attached", "already_closed", "referred"])
def test_who_told_of_a_danger_reads_of_911_before_anything_else(
    template: str, language: str
) -> None:
    first = render(template, language, request=request_facts(emergency=True)).text.split("\n\n")[1]
    without = render(template, language, request=request_facts(emergency=False)).text

    assert "911" in first
    assert "911" not in words_in(without)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ["received", "attached"])
@pytest.mark.parametrize("emergency", [True, False])
def test_911_is_to_be_called_and_not_told_like_another_agency(
    template: str, language: str, emergency: bool
) -> None:
    facts = request_facts(emergency=emergency, agency=ReferralAgency("911", "911", None))

    assert words_in(render(template, language, request=facts).text).count("911") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_911_alone_is_named_once_as_who_must_act(language: str) -> None:
    facts = request_facts(agency=ReferralAgency("911", "911", None))

    assert words_in(render("referred", language, request=facts).text).count("911") == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ["received", "attached", "referred"])
def test_who_must_act_outside_the_city_is_named_with_phone_and_page(
    template: str, language: str
) -> None:
    message = render(template, language, request=request_facts(agency=ODOT))

    for fact in ("Oregon DOT", "1-888-275-6368", "https://www.oregon.gov/odot"):
        assert fact in message.text
    assert ("a", ODOT.url) in [(t, a.get("href")) for t, a in Page(message.html).tags]


@pytest.mark.parametrize(
    ("language", "why"), [("en", "It is the State's."), ("es", "Es del Estado.")]
)
@pytest.mark.parametrize("template", ["received", "attached", "referred"])
def test_why_somebody_outside_must_act_is_told_in_the_letters_language(
    template: str, language: str, why: str
) -> None:
    state = ReferralAgency("Oregon DOT", None, None, "state_land")

    assert why in render(template, language, request=request_facts(agency=state)).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_must_act_where_a_place_is_outside_the_city_is_named_and_nobody_else(
    language: str,
) -> None:
    facts: dict[str, Any] = {
        "template": "outside_city",
        "language": language,
        "request": request_facts(agency=ODOT),
        "case": CaseFacts(municipality="gresham"),
    }
    mail, text = render(**facts).text, RENDERER.render_sms(message_data(**facts))

    for part in (mail, text):
        assert "City of Gresham" in part
        assert "https://www.greshamoregon.gov" in part
        assert "Oregon DOT" not in part


@pytest.mark.parametrize(
    ("language", "answer"), [("en", "It is on Monday."), ("es", "Es el lunes.")]
)
def test_an_answer_is_told_in_the_letters_language(language: str, answer: str) -> None:
    message = render("answered", language, request=request_facts(answer_code="garbage_day"))

    assert answer in message.text
    assert answer not in render("answered", language).text


@pytest.mark.parametrize("template", ["received", "attached", "referred"])
def test_a_reason_that_nobody_knows_leaves_no_gap(template: str) -> None:
    unknown = render(
        template, request=request_facts(agency=ReferralAgency("X", None, None, "no_such"))
    )

    assert (
        unknown.text
        == render(template, request=request_facts(agency=ReferralAgency("X", None, None))).text
    )


def test_an_agency_is_named_when_the_report_comes_in_and_not_with_every_step() -> None:
    message = render("completed", request=request_facts(agency=ODOT))

    assert "Oregon DOT" not in message.text + message.html
    assert "oregon.gov" not in message.text + message.html


def test_a_page_of_an_agency_that_is_no_web_address_is_left_out() -> None:
    message = render(
        request=request_facts(agency=ReferralAgency("ODOT", None, "javascript:alert(1)"))
    )

    assert "javascript" not in message.text + message.html


def test_a_request_of_a_city_that_is_not_in_the_catalogue_has_no_letter() -> None:
    with pytest.raises(UnknownCityError):
        render(request=request_facts(jurisdiction="nowhere.gov"))


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(("template", "language"), EVERY_MESSAGE)
def test_text_of_others_stays_text_wherever_it_stands(
    template: str, language: str, hostile: str
) -> None:
    plain = render(template, language, **_all_fields("x"))
    message = render(template, language, **_all_fields(hostile))

    assert len(message.subject.splitlines()) == 1
    assert [tag for tag, _ in Page(message.html).tags] == [tag for tag, _ in Page(plain.html).tags]
    assert message.text.count("\n\n") == plain.text.count("\n\n")
    assert "49" not in words_in(message.subject + message.text + message.html)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00\x07\x1b\r]", message.text)
    assert message.subject.isprintable()


def _all_fields(text: str) -> dict[str, Any]:
    agency = ReferralAgency(text, text, f"https://agency.example/{text}")
    return {
        "name": text,
        "request": request_facts(tracking_number=text, address=text, agency=agency),
        "case": CaseFacts("PBOT-MAINT", text, text, None),
    }


def test_a_stranger_cannot_have_the_city_send_an_advertisement() -> None:
    message = render(
        name="Win at evil.example",
        request=request_facts(address="1 Main St, see https://evil.example"),
    )

    assert "evil" not in message.text + message.html


def test_the_particulars_decide_the_letter_alone() -> None:
    one: MessageData = message_data()

    assert RENDERER.render(one) == RENDERER.render(one)
