"""The English texts of the pages are plain: at most the eighth grade, by Flesch and Kincaid."""

import re

import pytest

from tests.support.html_tree import tree_of
from tests.support.intake.pages import PAGES, page

SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)")
WORD = re.compile(r"[A-Za-z']+")
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?<=[^aeiouyl])e$|(?<=[^aeiouy])es$|(?<=[^td])ed$")


def syllables(word: str) -> int:
    return max(1, len(VOWELS.findall(SILENT.sub("", word.lower()))))


def grade(text: str) -> float:
    """The school grade of a text (Kincaid and others, 1975)."""
    sentences = [part for part in SENTENCE_END.split(text) if WORD.search(part)]
    words = WORD.findall(text)
    per_word = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * per_word - 15.59


def prose_of(text: str) -> str:
    """Every block of text as a sentence."""
    prose = "self::p or self::li or self::dd"
    blocks = tree_of(text).xpath(f"//*[self::main or @data-preview]//*[{prose}]")
    return " ".join(f"{block.text_content().strip().rstrip('.')}." for block in blocks)


def test_the_formula_tells_plain_from_hard() -> None:
    assert grade("The cat sat on the mat. It was a good cat.") < 2
    assert grade("Municipal infrastructure deterioration necessitates remediation.") > 12


@pytest.mark.parametrize("name", [name for name in PAGES if name != "pins"])  # no sentences
def test_a_page_is_plain(name: str) -> None:
    assert grade(prose_of(page(name))) <= 8, f"{name}: {grade(prose_of(page(name))):.1f}"
