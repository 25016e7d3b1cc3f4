import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.rules.dedup.text_features import (
    all_words,
    compare_particulars,
    distinguishing_words,
    particulars_answered,
    particulars_in,
    stem,
)

COMMON = all_words(["the and with", "en la"])


def test_common_and_short_words_distinguish_nothing_and_a_number_does() -> None:
    text = "The tents on Oak, by a BLUE Dodge with 3 tarps, the 22nd, 240L. ¡Niños!"

    assert distinguishing_words(text, COMMON) == [
        "tents",
        "oak",
        "blue",
        "dodge",
        "3",
        "tarps",
        "22",
        "240",
        "ninos",
    ]


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert "mattress" not in distinguishing_words(f"{'the ' * 200} mattress", COMMON)
    assert len(distinguishing_words(" ".join(f"word{n}x" for n in range(100)), COMMON)) == 24


@given(st.text())
def test_whatever_people_write_no_common_word_distinguishes(text: str) -> None:
    assert COMMON.isdisjoint(distinguishing_words(text, COMMON))
    assert all(":" in one and " " not in one for one in particulars_in(text))


def test_forms_of_a_word_have_one_stem_and_numbers_have_none() -> None:
    assert stem("sparking") == stem("sparks") == "spark"
    assert (stem("123456"), stem("bins")) == ("123456", "bin")


@pytest.mark.parametrize(
    ("text", "particulars"),
    [
        ("Pothole northbound by the gas station", {"direction:n"}),
        ("north bound lane, EB too", {"direction:n", "direction:e"}),
        ("bache rumbo al norte", {"direction:n"}),
        ("at the NE corner", {"corner:ne"}),
        ("esquina noreste", {"corner:ne"}),
        ("on the south side", {"side:s"}),
        ("lado sur", {"side:s"}),
        ("odd side of the road", {"side:odd"}),
        ("white van, license plate is 482 klm", {"plate:482klm"}),
        ("la camioneta con placa XYZ-789", {"plate:xyz789"}),
        ("White Toyota 482 KLM left here", {"plate:482klm"}),
        ("WHITE TOYOTA AND THE 100 CARS", set()),
        ("a steel plate 20 feet wide", set()),
        ("light out, pole number 733-130", {"pole_number:733130"}),
        ("bus stop #7788 has no bench", {"stop_id:7788"}),
        ("stop sign down on HWY 217", set()),
        ("", set()),
    ],
)
def test_what_a_text_names_is_read_in_english_and_spanish(text: str, particulars: set[str]) -> None:
    assert particulars_in(text) == particulars


@pytest.mark.parametrize(
    ("answer", "name"),
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
    answer: object, name: str | None
) -> None:
    expected = {name} if name else set()
    assert particulars_answered({"plate": answer, "color": "123"}, ["plate"]) == expected


@pytest.mark.parametrize(
    ("mine", "other", "same", "different"),
    [
        ({"direction:n"}, {"direction:e"}, [], ["direction"]),
        ({"direction:n", "direction:s"}, {"direction:s"}, ["direction"], []),
        ({"direction:n"}, {"corner:ne"}, [], []),
        ({"corner:ne"}, {"corner:e"}, [], ["corner"]),
        ({"plate:or123abc"}, {"plate:123abc"}, ["plate"], []),
        ({"plate:123abc"}, {"plate:124abc"}, [], ["plate"]),
        (set(), {"direction:e"}, [], []),
    ],
)
def test_only_values_of_one_slot_agree_or_contradict(
    mine: set[str], other: set[str], same: list[str], different: list[str]
) -> None:
    assert compare_particulars(mine, other) == (same, different)
