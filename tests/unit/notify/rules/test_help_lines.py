"""Readers of other languages get English, and one line of their own that says how to get help."""

import pytest

from services.notify.rules.help_lines import HELP_LINES, help_language
from shared.catalogue import load_catalogue
from shared.vocabulary import supported_language
from tests.unit.notify.factories import message_data, renderer

PORTLAND = load_catalogue().jurisdictions["portland.gov"]
PHONE = "3-1-1 / 503-823-4000"


def test_every_language_of_the_city_has_its_messages_or_its_line() -> None:
    assert {tag for tag in PORTLAND.languages if not supported_language(tag)} <= HELP_LINES.keys()


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["vi"], "vi"),
        (["zh-Hant-TW", "en"], "zh"),
        (["tl_PH"], "fil"),
        ([None, "ru"], "ru"),
        (["es", "vi"], None),
        (["en"], None),
        (["tlh"], None),
        ([None], None),
    ],
)
def test_the_line_is_in_the_language_that_the_reader_prefers(
    tags: list[str | None], language: str | None
) -> None:
    assert help_language(tags) == language


@pytest.mark.parametrize("language", HELP_LINES)
def test_the_line_stands_first_in_a_mail_and_last_in_a_text_with_the_number_to_call(
    language: str,
) -> None:
    data = message_data(help_language=language)
    line = HELP_LINES[language].replace("{phone}", PHONE)
    mail, text = renderer().render(data), renderer().render_sms(data)

    assert mail.text.startswith(f"{line}\n\nHello")
    assert f'<p lang="{language}" dir="auto">{line}</p>' in mail.html
    assert text.endswith(line)
    assert line not in renderer().render(message_data()).text
