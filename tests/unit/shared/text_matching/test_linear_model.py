"""Words whose points add up."""

from collections.abc import Mapping

import pytest

from shared.text_matching import FeatureWeights, LinearModel, extract_features, fold, split_text

ENGLISH = FeatureWeights(
    -10, {"smoke": 6, "smoke alarm": -7, "pouri*": 5, "window": 2, "gold watch": 11}
)
SPANISH = FeatureWeights(-4, {"humo": 5})
INDEX = LinearModel(
    [("fire", ENGLISH), ("fire", SPANISH), ("wealth", FeatureWeights(-3, {"watch": 4}))]
)


def found(text: str) -> Mapping[str, str]:
    return INDEX.score(fold(text)).stated()


def test_words_pairs_and_beginnings_can_have_points() -> None:
    assert extract_features(["the", "pipes", "overflow", "the", "pipes"]) == {
        "the",
        "pipes",
        "overflow",
        "overf*",
        "the pipes",
        "pipes overflow",
        "overflow the",
    }


def test_a_no_marks_the_three_words_after_it() -> None:
    assert extract_features(["no", "big", "deep", "hole", "here"]) >= {
        "no",
        "!big",
        "!hole",
        "here",
    }
    assert "!big" in extract_features(["nada", "no", "big"])
    assert extract_features(["not", "flooded"]) == {"not", "!flooded", "!floo*", "not flooded"}


def test_points_must_come_above_nothing() -> None:
    assert found("Smoke is pouring out") == {"fire": "smoke … pouring"}
    assert found("Smoke, and a window") == {}
    assert found("Smoke, a window, and it pours") == {}


def test_exactly_nothing_is_not_enough() -> None:
    assert LinearModel([("it", FeatureWeights(-3, {"word": 3}))]).score("word").stated() == {}
    assert LinearModel([("it", FeatureWeights(-2, {"word": 3}))]).score("word").stated() == {
        "it": "word"
    }


def test_what_is_said_twice_counts_once() -> None:
    assert found("smoke smoke smoke window") == {}


def test_some_words_speak_against_it() -> None:
    assert found("Pouring smoke, no alarm rings") == {"fire": "pouring smoke"}
    assert found("Pouring rain set off the smoke alarm") == {}


def test_each_language_counts_for_itself() -> None:
    assert found("Sale HUMO") == {"fire": "humo"}
    assert (
        LinearModel([("it", ENGLISH), ("it", FeatureWeights(-8, {"humo": 7}))])
        .score("humo smoke")
        .stated()
        == {}
    )


def test_one_text_can_hint_at_several_things() -> None:
    assert found("a gold watch") == {"fire": "gold watch", "wealth": "watch"}


def test_the_words_that_say_most_are_shown_as_they_stand() -> None:
    hints = FeatureWeights(-1, {"a": 1, "b": 5, "c": 4, "d": 3, "e": 2, "f": -9})

    assert LinearModel([("it", hints)]).score("a b x c f d e").stated() == {"it": "b … c … d e"}


@pytest.mark.parametrize("text", ["", "nothing of that kind"])
def test_words_that_nobody_knows_say_nothing(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("a film", {"fire"}),
        ("a real film", set()),
        ("una película", set()),
        ("una película vieja", {"fire"}),
        ("smoke pours in the film", set()),
    ],
)
def test_words_speak_against_it_in_the_language_of_which_they_know_the_most(
    text: str, denied: set[str]
) -> None:
    english = FeatureWeights(
        -10, {"a": 0, "film": -6, "real": 1, "smoke": 9, "pours": 9}, denied_below=-15
    )
    spanish = FeatureWeights(
        -12, {"una": 0, "pelicula": -3, "vieja": -1, "film": -4}, denied_below=-15
    )

    assert LinearModel([("fire", english), ("fire", spanish)]).score(fold(text)).denied() == denied


def test_hints_that_do_not_say_when_speak_against_nothing() -> None:
    assert (
        LinearModel([("fire", FeatureWeights(-10, {"film": -90}))]).score("film").denied()
        == frozenset()
    )


def test_a_long_text_has_parts_that_overlap_and_leave_nothing_out() -> None:
    words = [str(n) for n in range(70)]

    assert [(part[0], part[-1]) for part in split_text(words)] == [
        ("0", "29"),
        ("15", "44"),
        ("30", "59"),
        ("45", "69"),
    ]
    assert split_text(words[:30]) == [words[:30]]
    assert split_text([]) == [[]]


def test_what_is_said_by_the_way_in_a_long_text_counts() -> None:
    index = LinearModel(
        [("fire", FeatureWeights(-10, {"smoke": 6, "pours": 6, "club": -1}, denied_below=-30))]
    )
    story = "the club " * 20

    assert index.score(f"{story} smoke pours {story}").stated() == {"fire": "smoke pours"}
    assert index.score(f"smoke {story} pours").stated() == {}


def test_a_long_text_speaks_against_what_each_of_its_parts_speaks_against() -> None:
    index = LinearModel(
        [("fire", FeatureWeights(-10, {"film": -9, "smoke": 1, "club": 0}, denied_below=-15))]
    )

    assert index.score("a film at the club " * 12).denied() == {"fire"}
    assert index.score("a film at the club " * 6 + "smoke by the club " * 9).denied() == frozenset()
