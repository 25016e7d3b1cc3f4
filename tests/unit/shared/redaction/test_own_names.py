"""The reporter's own name is found in every form, by patterns that no name is compiled into."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.redaction.own_names import own_names_in
from shared.redaction.reading import merged

LETTERS = st.characters(categories=["Lu", "Ll"], max_codepoint=0x17F, exclude_characters="ıİſŉ")
WORDS = st.text(LETTERS, min_size=2, max_size=8)
NAMES = st.lists(WORDS, min_size=2, max_size=4).map(" ".join)
PROSE = st.lists(WORDS | st.sampled_from([",", ".", "\n", "the", "is", "i", "m"]), max_size=12)
FORMS = (
    "{name}",
    "{last}, {first}",
    "{first} X. {last}",
    "{initial}. {last}",
    "my name is {first}",
    "I'm {first}",
    "Mr. {last}",
    "Sra {last}",
)


def found(text: str, name: str) -> list[str]:
    return [text[start:end] for start, end in merged(own_names_in(text, name))]


def forms(name: str) -> list[str]:
    first, *_, last = name.split()
    return [form.format(name=name, first=first, last=last, initial=first[0]) for form in FORMS]


@given(name=NAMES, before=PROSE, after=PROSE, number=st.integers(0, len(FORMS) - 1))
def test_every_form_is_found_in_any_text(
    name: str, before: list[str], after: list[str], number: int
) -> None:
    written = forms(name)[number]

    left = " ".join([*before, written, *after])
    for part in found(left, name):
        left = left.replace(part, "…")

    assert written not in left


@given(name=NAMES, prose=PROSE)
def test_a_text_without_a_word_of_the_name_keeps_every_word(name: str, prose: list[str]) -> None:
    parts = {part.casefold() for part in name.split()}
    assume(not any(word.casefold() in parts for word in prose))

    assert not found(" ".join(prose), name)


@given(name=NAMES, prose=st.lists(WORDS | st.just("@"), max_size=12))
def test_the_full_name_is_found_where_a_pattern_of_its_own_finds_it(
    name: str, prose: list[str]
) -> None:
    text = " ".join(prose).replace("@", name)
    own = re.compile(r"(?<!\w)" + r"\W{1,3}".join(name.split()) + r"(?!\w)", re.IGNORECASE)

    spans = [*merged(own_names_in(text, name))]

    for match in own.finditer(text):
        for word in re.compile(r"\w+").finditer(text, *match.span()):
            assert any(start <= word.start() and word.end() <= end for start, end in spans)


@pytest.mark.parametrize(
    ("text", "name", "parts"),
    [
        ("The light is out.\nBest, George", "George Best", ["Best, George"]),
        ("Please fix it. Best, Mary", "Mary Don", ["Mary"]),
        ("i am ian and I saw it", "Ian Poe", ["ian"]),
        ("I'm Mo, from next door", "Mo M Moss", ["Mo"]),
        ("ask don Maria about it", "Maria Don", ["don Maria"]),
        ("Dr. Poe lives here", "Dr. Ann Poe", ["Dr. Poe"]),
        ("my name is Ana lives rarely", "Ana Li", ["Ana"]),
        ("ANA O'NEILL-RÍOS was here", "Ana O'Neill-Ríos", ["ANA O'NEILL-RÍOS"]),
        ("signed by straße, ana", "Ana Straße", ["straße, ana"]),
        ("Ana - Li and Ana L.", "Ana Li", ["Ana - Li", "Ana L."]),
        ("Ana A. and L. Ana", "Ana Li", []),
        ("Banana lives, anagram", "Ana Li", []),
        ("\U00010330 is a letter, \U00010331", "Ana Li", []),
    ],
)
def test_words_of_a_name_that_are_cues_or_parts_of_others(
    text: str, name: str, parts: list[str]
) -> None:
    assert found(text, name) == parts


def test_of_a_name_that_fills_the_text_every_word_counts() -> None:
    text = "Jo Poe " * 30 + "and Jo"

    assert found(text, "Jo Poe") == ["Jo", "Poe"] * 30 + ["Jo"]
