"""Folding and combining marks."""

import unicodedata

import pytest

from shared.text_matching import fold, limit_marks

SHADDA, FATHA = "\u0651", "\u064e"


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f",
        "e\u0301\u0323" * 40,
        "!" * 100,
        "a" + FATHA * 30,
    ],
)
def test_texts_of_languages_keep_all_marks(text: str) -> None:
    assert limit_marks(text) == text


def test_a_letter_keeps_thirty_marks() -> None:
    text = limit_marks("a" + (SHADDA + FATHA) * 2_000 + "b\u2019" + FATHA)

    assert text == "a" + (SHADDA + FATHA) * 15 + "b\u2019" + FATHA
    assert unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", limit_marks(text))


def test_a_character_for_a_phrase_is_spelt_out_unless_it_fills_the_text() -> None:
    phrase = fold("\ufdfa")

    assert fold("\ufdfa and \u3316") == f"{phrase} and {fold(chr(0x3316))}"
    assert len(fold("\ufdfa" * 4_000)) <= 4 * 4_000 + 30


@pytest.mark.parametrize(
    "text", ["\ufdfa" * 50, "e\u0301\u0323\u0645\u0651" * 50, "\u1e9e\ufb03 \uac00"]
)
def test_folding_is_idempotent_for_characters_that_grow(text: str) -> None:
    assert fold(fold(text)) == fold(text)
