"""Every message is readable for somebody with eight years of school.

English by the Flesch-Kincaid grade level (Kincaid et al., 1975), Spanish by the index of
Fernández Huerta (1959), where 60 to 70 is the eighth and ninth year and more is easier.
"""

import re

import pytest

from services.notify.rendering.renderer import TEMPLATES
from services.notify.rules.model import CaseFacts
from tests.support.builders import NOON
from tests.support.notify.factories import message_data, renderer, request_facts

RENDERER = renderer()
MAX_GRADE = 8.0
MIN_EASE = 70.0
MAX_WORDS_OF_A_SENTENCE = 25


def sentences(template: str, language: str) -> list[list[str]]:
    message = RENDERER.render(
        message_data(
            template=template,
            language=language,
            request=request_facts(emergency=True, service_code="NO-SUCH-KIND"),
            case=CaseFacts(
                bureau="PBOT-MAINT",
                note="All dry",
                reason="All dry",
                request_count=30,
                first_reported_at=NOON,
                has_picture=True,
            ),
        )
    )
    prose = re.sub(r"https?://\S+|[0-9-]{3,}", "", message.text)
    split = re.split(r"[.!?:]\s|\n\n", prose)
    return [words for one in split if (words := re.findall(r"[^\W\d_]+(?:'\w+)?", one))]


def english_syllables(word: str) -> int:
    bare = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^dt])ed$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", bare)))


def spanish_syllables(word: str) -> int:
    strong = re.sub(r"[iuü]?[aeoáéó][iuy]?|[iuü][íú]|[íú]|[iuü]+", "*", word.lower())
    return max(1, strong.count("*"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_english_asks_for_eight_years_of_school_at_most(template: str) -> None:
    spoken = sentences(template, "en")
    words = [word for sentence in spoken for word in sentence]

    grade = (
        0.39 * len(words) / len(spoken)
        + 11.8 * sum(map(english_syllables, words)) / len(words)
        - 15.59
    )

    assert grade <= MAX_GRADE


@pytest.mark.parametrize("template", TEMPLATES)
def test_spanish_is_at_least_fairly_easy(template: str) -> None:
    spoken = sentences(template, "es")
    words = [word for sentence in spoken for word in sentence]

    ease = (
        206.84
        - 60 * sum(map(spanish_syllables, words)) / len(words)
        - 1.02 * len(words) / len(spoken)
    )

    assert ease >= MIN_EASE


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_sentence_is_long(template: str, language: str) -> None:
    assert max(map(len, sentences(template, language))) <= MAX_WORDS_OF_A_SENTENCE


@pytest.mark.parametrize(
    ("word", "syllables"), [("report", 2), ("the", 1), ("closed", 1), ("stopped", 1), ("able", 2)]
)
def test_english_syllables_are_counted(word: str, syllables: int) -> None:
    assert english_syllables(word) == syllables


@pytest.mark.parametrize(
    ("word", "syllables"), [("reporte", 3), ("seguimiento", 4), ("aún", 2), ("oficina", 4)]
)
def test_spanish_syllables_are_counted(word: str, syllables: int) -> None:
    assert spanish_syllables(word) == syllables
