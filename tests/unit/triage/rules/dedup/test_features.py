import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.rules.dedup.features import all_words, find_asset, rare_words

COMMON = all_words(["Tents and tarps", "basura en la acera"])


def test_common_and_short_words_tell_nothing_and_a_number_does() -> None:
    text = "Tents on Burnside, by a BLUE Dodge with 3 tarps, no. 47. Basura!"

    assert rare_words(text, COMMON) == {"burnside", "blue", "dodge", "with", "47"}


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert "mattress" not in rare_words(f"{'tents ' * 200} mattress", COMMON)
    assert len(rare_words(" ".join(f"word{n}" for n in range(100)), COMMON)) == 12


@given(st.text())
def test_whatever_people_write_no_common_word_is_rare(text: str) -> None:
    assert rare_words(text, COMMON).isdisjoint(COMMON)


@pytest.mark.parametrize(
    ("answer", "asset"),
    [
        ("OR 123-ABC", "plate:or123abc"),
        ("or 123 abc", "plate:or123abc"),
        ("none", None),
        ("no plates", None),
        ("7", None),
        ("", None),
        (True, None),
        (["ABC 123"], None),
    ],
)
def test_a_thing_is_named_by_letters_and_digits_in_any_spelling(
    answer: object, asset: str | None
) -> None:
    assert find_asset({"plate": answer}, ["plate"]) == asset


def test_the_first_question_that_names_a_thing_counts() -> None:
    answers = {"pole_number": "88-1", "plate": "unknown", "color": "123"}

    assert find_asset(answers, ["plate", "pole_number"]) == "pole_number:881"
    assert find_asset({}, ["plate"]) is None
