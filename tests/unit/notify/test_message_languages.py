"""Messages in every language that has a catalogue, reviewed or not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from docs._tools.translations import INTAKE, MESSAGES, faults, read, source_texts
from services.notify.channels.sms.rules import sms_parts
from services.notify.policy import city_texts
from services.notify.records import MessageData
from services.notify.rendering.catalogues import message_catalogues
from services.notify.rendering.renderer import TEMPLATES, MessageRenderer
from services.notify.rules.model import CaseFacts, ReferralAgency, TemplateName
from shared.catalogue import load_catalogue
from tests.support.html_tree import tree_of
from tests.support.notify.factories import (
    LANGUAGE_RULES,
    LANGUAGES,
    LINKS,
    PUBLIC_URL,
    message_data,
    renderer,
    request_facts,
)

CATALOGUE = load_catalogue()
PORTLAND = CATALOGUE.jurisdictions["portland.gov"]
RENDERER = MessageRenderer(city_texts(CATALOGUE), PUBLIC_URL, LINKS, LANGUAGES)
OTHERS = sorted(LANGUAGES.keys() - {"en", "es"})
OF_EVERY_LANGUAGE = {
    "received",
    "attached",
    "completed",
    "declined",
    "referred",
    "waiting_for_resident",
    "question",
    "scheduled",
    "overdue",
    "digest",
    "pages",
}
PHONE = "3-1-1 / 503-823-4000"
WHEN = datetime(2026, 9, 30, 19, tzinfo=UTC)


def longest(template: TemplateName, language: str) -> MessageData:
    """A message with all that it can say, in the longest words that the city has for it."""
    bureau = max(PORTLAND.bureaus.values(), key=lambda one: len(one.name) + len(one.phone or ""))
    agency = ReferralAgency("Oregon Department of Transportation", "1-888-275-6368", None, "state")
    return message_data(
        template=template,
        language=language,
        request=request_facts(emergency=True, agency=agency, address="1221 SW 4th Ave"),
        case=CaseFacts(bureau.code, "Filled", "No hole there", WHEN, 1000, WHEN),
        followed=("26-7KQ4-M2", "26-8LR5-N3"),
    )


def complete_in(language: str) -> list[TemplateName]:
    return [name for name in TEMPLATES if name in LANGUAGE_RULES.catalogues[language].complete]


@pytest.mark.parametrize("path", MESSAGES.paths, ids=lambda path: path.stem)
def test_a_catalogue_has_what_its_language_needs(path: Path) -> None:
    catalogue, needed = read(path), source_texts(path.stem, MESSAGES)

    assert list(faults(catalogue, needed, is_whole=False)) == []
    assert catalogue.num_plurals == Catalog(path.stem).num_plurals


def test_every_language_of_the_city_has_the_messages_that_matter_most_and_its_line() -> None:
    assert {*PORTLAND.languages} - {"en"} <= LANGUAGE_RULES.catalogues.keys()
    for catalogue in LANGUAGE_RULES.catalogues.values():
        assert catalogue.complete >= OF_EVERY_LANGUAGE
        assert catalogue.has_help_line


def test_spanish_alone_is_reviewed_and_has_every_message() -> None:
    reviewed = {tag for tag, one in LANGUAGE_RULES.catalogues.items() if one.is_reviewed}

    assert reviewed == {"es"}
    assert LANGUAGE_RULES.catalogues["es"].complete == {*TEMPLATES, "pages"}


def test_a_message_that_includes_an_untranslated_text_is_not_complete() -> None:
    vietnamese = LANGUAGES["vi"]
    without = replace(vietnamese, texts=vietnamese.texts - {"The team says: %(note)s"})

    complete = message_catalogues({"vi": without})["vi"].complete

    assert "completed" not in complete
    assert "overdue" in complete


@pytest.mark.parametrize("language", OTHERS)
def test_a_message_is_whole_in_its_language(language: str) -> None:
    for template in complete_in(language):
        own, english = [RENDERER.render(longest(template, tag)) for tag in (language, "en")]

        assert not {*own.text.splitlines()} & {
            line for line in english.text.splitlines() if " " in line and PORTLAND.name not in line
        }
        html = tree_of(own.html)
        assert (html.get("lang"), html.get("dir")) == (language, LANGUAGES[language].direction)
        assert "26-7KQ4-M2" in own.subject
        assert "%(" not in own.text


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_message_has_more_than_three_parts(language: str) -> None:
    texts = [RENDERER.render_sms(longest(name, language)) for name in complete_in(language)]

    assert max(sms_parts(text).count for text in texts) <= 3


def test_what_fills_a_text_from_right_to_left_is_isolated() -> None:
    data = longest("received", "ar")
    mail, text = RENDERER.render(data), RENDERER.render_sms(data)

    assert mail.subject == "وصلنا بلاغك \u206826-7KQ4-M2\u2069"
    assert f"\u2068{PHONE}\u2069" in mail.text
    assert mail.text.count("26-7KQ4-M2") == mail.text.count("\u206826-7KQ4-M2\u2069") + 1  # the URL
    assert text.startswith("\u200fPortland 311: ")
    assert not {"\u2068", "\u200f"} & {*RENDERER.render(longest("received", "ru")).html}


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ru", ["пришло 2 сообщения", "пришло 5 сообщений", "пришло 21 сообщение,"]),
        ("ro", ["avem 2 sesizări", "avem 20 de sesizări", "avem 101 sesizări"]),
        ("ar", ["\u20685\u2069 بلاغات", "\u206811\u2069 بلاغًا", "\u2068100\u2069 بلاغ،"]),
    ],
)
def test_a_number_has_the_form_that_its_language_gives_it(language: str, told: list[str]) -> None:
    numbers = [int("".join(c for c in text if c.isdigit())) for text in told]
    for count, words in zip(numbers, told, strict=True):
        case = CaseFacts(request_count=count)
        message = RENDERER.render(message_data(template="attached", language=language, case=case))

        assert words in message.text


@pytest.mark.parametrize(
    ("language", "day"),
    [("ru", "среда, 30 сентября"), ("zh", "9月30日星期三"), ("vi", "Thứ Tư, 30 tháng 9")],
)
def test_a_day_is_in_the_readers_form(language: str, day: str) -> None:
    data = message_data(template="scheduled", language=language, case=CaseFacts(scheduled_for=WHEN))

    assert day in RENDERER.render(data).text


@pytest.mark.parametrize("language", [path.stem for path in INTAKE.paths if path.stem != "es"])
def test_every_language_of_the_pages_has_the_line_about_help_under_messages(language: str) -> None:
    found = LANGUAGE_RULES.message_language("received", PORTLAND.id, [language])

    assert (found.language, found.help_language) == ("en", language)


@pytest.mark.parametrize("language", OTHERS)
def test_the_line_about_help_stands_first_in_a_mail_and_last_in_a_text(language: str) -> None:
    data = message_data(help_language=language)
    mail, text = renderer().render(data), renderer().render_sms(data)
    line = mail.text.splitlines()[0]

    assert PHONE in line
    assert mail.text.startswith(f"{line}\n\nHello")
    assert f'<p lang="{language}" dir="auto">{line}</p>' in mail.html
    assert text.endswith(line)
    assert line not in renderer().render(message_data()).text
