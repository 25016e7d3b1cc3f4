"""Words whose points add up."""

from collections.abc import Mapping, Sequence

import pytest

from shared.text_matching import (
    FeatureWeights,
    LinearModel,
    condition_facts,
    extract_features,
    fold,
)

ENGLISH = FeatureWeights(
    -10,
    {
        "smoke": 6,
        "smoke alarm": -7,
        "pouri*": 5,
        "window": 2,
        "gold watch": 11,
        "@fire": 4,
        "#16": -9,
    },
)
SPANISH = FeatureWeights(-4, {"humo": 5, "@fire": 1})
MODEL = LinearModel(
    [
        ("fire", "en", ENGLISH),
        ("fire", "es", SPANISH),
        ("wealth", "en", FeatureWeights(-3, {"watch": 4})),
    ]
)


def points(text: str, facts: Sequence[str] = (), model: LinearModel = MODEL) -> Mapping[str, int]:
    score = model.score(fold(text).split(), facts)
    return {found.label: found.points for found in score.labels()}


def evidence(text: str, model: LinearModel = MODEL) -> Mapping[str, str]:
    score = model.score(fold(text).split())
    return {found.label: score.evidence(found) for found in score.labels() if found.points > 0}


def test_words_pairs_and_beginnings_can_have_points() -> None:
    assert extract_features(["the", "pipes", "overflow", "the", "pipes"]) == {
        "the",
        "pipes",
        "overflow",
        "overf*",
        "the pipes",
        "pipes overflow",
        "overflow the",
        "#1",
        "#2",
        "#4",
    }


def test_a_no_marks_the_three_words_after_it() -> None:
    assert extract_features(["no", "big", "deep", "hole", "here"]) >= {
        "no",
        "!big",
        "!hole",
        "here",
    }
    assert "!big" in extract_features(["nada", "no", "big"])
    assert extract_features(["not", "flooded"]) >= {"not", "!flooded", "!floo*", "not flooded"}


@pytest.mark.parametrize(
    ("count", "lengths"),
    [(0, set()), (1, {"#1"}), (3, {"#1", "#2"}), (8, {"#1", "#2", "#4", "#8"})],
)
def test_the_number_of_words_is_known_by_its_doublings(count: int, lengths: set[str]) -> None:
    found = extract_features(["word"] * count)

    assert {feature for feature in found if feature.startswith("#")} == lengths


def test_a_text_of_any_length_has_a_bounded_number_of_lengths() -> None:
    lengths = {f for f in extract_features(["word"] * 100_000) if f.startswith("#")}

    assert len(lengths) == 12
    assert "#2048" in lengths


def test_conditions_are_features_beside_the_words() -> None:
    assert condition_facts(["fire", "injury"], ["smoke"]) == [
        "@fire",
        "@injury",
        "@!smoke",
        "@1",
        "@2",
    ]
    assert condition_facts([], []) == []
    assert condition_facts("abcde", ())[5:] == ["@1", "@2", "@3"]
    assert points("smoke", ["@fire"])["fire"] == 0
    assert points("smoke")["fire"] == -4


def test_points_add_up_over_the_whole_text() -> None:
    assert points("Smoke is pouring out")["fire"] == 1
    assert points("Smoke, a window, and it pours")["fire"] == -2
    assert points(f"Smoke {'and so on ' * 5} pouring")["fire"] == -8


def test_what_is_said_twice_counts_once() -> None:
    assert points("smoke smoke smoke window")["fire"] == -2


def test_some_words_speak_against_it() -> None:
    assert points("Pouring rain set off the smoke alarm")["fire"] == -6


def test_the_language_of_most_known_words_counts() -> None:
    assert points("Sale HUMO")["fire"] == 1
    assert points("Sale humo, smoke pouring out of a window")["fire"] == 3
    assert points("humo", ["@fire"])["fire"] == 2


def test_one_text_can_have_several_labels() -> None:
    assert evidence("a gold watch") == {"fire": "gold watch", "wealth": "watch"}


def test_the_words_that_say_most_are_shown_as_they_stand() -> None:
    weights = FeatureWeights(-1, {"a": 1, "b": 5, "c": 4, "d": 3, "e": 2, "f": -9})

    assert evidence("a b x c f d e", LinearModel([("it", "en", weights)])) == {"it": "b … c … d e"}


def test_a_beginning_a_pair_and_a_denied_word_are_shown_as_well() -> None:
    weights = FeatureWeights(-1, {"pouri*": 5, "out water": 4, "!smoke": 3, "smoke": -9})
    model = LinearModel([("it", "en", weights)])

    assert evidence("Pouring out, water, here, no smoke", model) == {
        "it": "pouring out water … smoke"
    }


def test_every_feature_that_decides_is_listed_with_its_points() -> None:
    score = MODEL.score(fold("Pouring smoke alarm").split(), ["@fire"])
    [found] = [one for one in score.labels() if one.label == "fire"]

    assert score.contributions(found) == [
        ("smoke alarm", -7),
        ("smoke", 6),
        ("pouri*", 5),
        ("@fire", 4),
    ]
    assert found.points == ENGLISH.bias + sum(weight for _, weight in score.contributions(found))


@pytest.mark.parametrize("text", ["", "nothing of that kind"])
def test_words_that_nobody_knows_say_nothing(text: str) -> None:
    assert points(text) == {"fire": -10, "wealth": -3}
