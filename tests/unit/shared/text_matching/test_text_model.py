"""Words whose points add up, and the file of the model."""

from collections.abc import Sequence

import numpy as np
import pytest

from shared.text_matching import condition_facts, extract_features, fold
from shared.text_matching.text_model import (
    LIFE_DANGER,
    ModelHeads,
    TextModel,
    TextScore,
    decode_model,
    encode_model,
)
from tests.support.text_models import text_model

FIRE = {
    "": -10,
    "smoke": 6,
    "smoke alarm": -7,
    "pouri*": 5,
    "window": 2,
    "gold watch": 11,
    "@fire": 4,
    "#16": -9,
}
MODEL = text_model(
    {
        "fire": {"": -3, "gold watch": 8, "smoke": 4},
        "weapon": {"": -2, "watch": 8},
        "urgent:en": FIRE,
        "urgent:es": {"": -4, "humo": 5, "@fire": 1},
        "HOLE": {"hole": 9, "#1": 1},
        "SIGN": {"sign": 9, "hole": 3},
    },
    kinds=("HOLE", "SIGN"),
    dangers=("fire", "weapon"),
    languages=("en", "es"),
)


def score(text: str, facts: Sequence[str] = (), model: TextModel = MODEL) -> TextScore:
    return model.score(fold(text).split(), facts)


def test_words_pairs_and_beginnings_can_have_points() -> None:
    found = extract_features(["the", "pipes", "overflow", "the", "pipes"])

    assert {feature for feature in found if not feature.startswith("~")} == {
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


def test_letters_in_a_row_know_the_edges_of_a_word() -> None:
    letters = {f for f in extract_features(["hole"]) if f.startswith("~")}

    assert letters == {"~<ho", "~hol", "~ole", "~le>", "~<hol", "~hole", "~ole>"}


def test_a_script_without_spaces_has_features_of_single_signs() -> None:
    signs = {f for f in extract_features(["路灯坏"]) if f.startswith("~")}

    assert signs == {"~路", "~灯", "~坏", "~路灯", "~灯坏", "~路灯坏"}


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
    assert score("smoke", ["@fire"]).points("urgent:en") == 0
    assert score("smoke").points("urgent:en") == -4


def test_points_add_up_over_the_whole_text() -> None:
    assert score("Smoke is pouring out").points("urgent:en") == 1
    assert score("Smoke, a window, and it pours").points("urgent:en") == -2
    assert score(f"Smoke {'and so on ' * 5} pouring").points("urgent:en") == -8


def test_what_is_said_twice_counts_once() -> None:
    assert score("smoke smoke smoke window").points("urgent:en") == -2


def test_some_words_speak_against_it() -> None:
    assert score("Pouring rain set off the smoke alarm").points("urgent:en") == -6


def test_urgency_is_judged_in_the_language_of_most_known_words() -> None:
    spanish, english = score("Sale HUMO").urgency, score("Sale humo, smoke, window").urgency

    assert spanish == ("es", 1, 1)
    assert english == ("en", -2, 2)


def test_one_text_can_have_several_dangers() -> None:
    found = score("a gold watch")

    assert found.dangers() == {"fire": 1, "weapon": 2}
    assert found.evidence("fire") == "gold watch"
    assert found.evidence("weapon") == "watch"


@pytest.mark.parametrize(
    ("text", "dangers"),
    [
        pytest.param("a burning shed", {"fire": 56}, id="the likeliest class"),
        pytest.param("a burning pistol", {"fire": 33, "weapon": 33}, id="two that are as likely"),
        pytest.param("a pistol", {}, id="a class alone decides nothing"),
        pytest.param("a burning hole", {"fire": 23, "pit": 10}, id="a hazard decides for itself"),
    ],
)
def test_one_head_decides_for_all_dangers_to_life(text: str, dangers: dict[str, int]) -> None:
    model = text_model(
        {
            "fire": {"": -30, "burning": 60},
            "weapon": {"": -30, "pistol": 70},
            "pit": {"": -6, "hole": 24},
            LIFE_DANGER: {"": -20, "burning": 76, "hole": -14},
        },
        dangers=("fire", "weapon", "pit"),
        to_life=("fire", "weapon"),
    )
    found = score(text, model=model)

    assert found.dangers() == dangers
    assert found.deciding_head("fire") == LIFE_DANGER
    assert found.deciding_head("pit") == "pit"
    assert all(
        points == found.points(found.deciding_head(name)) for name, points in dangers.items()
    )


def test_a_class_that_decides_by_itself_is_found_where_no_danger_to_life_is() -> None:
    model = text_model(
        {"fire": {"": -30, "burning": 60}, "weapon": {"": -30, "pistol": 70}, LIFE_DANGER: {}},
        dangers=("fire", "weapon"),
        to_life=("fire", "weapon"),
        own_points={"weapon": 20},
    )
    found = score("a pistol", model=model)

    assert found.dangers() == {"weapon": 60}
    assert found.deciding_head("weapon") == "weapon"
    assert found.points("weapon") == 60
    assert score("a burning shed", model=model).dangers() == {}


def test_a_danger_to_life_gains_points_in_a_language() -> None:
    model = text_model(
        {
            "fire": {"": 0},
            LIFE_DANGER: {"": -6, "burning": 6, "humo": 6},
            "urgent:en": {"burning": 1},
            "urgent:es": {"humo": 1},
        },
        dangers=("fire",),
        to_life=("fire",),
        languages=("en", "es"),
        life_points={"es": 3},
    )

    assert score("burning", model=model).dangers() == {}
    assert score("humo", model=model).dangers() == {"fire": 3}


def test_a_danger_weighs_less_in_a_longer_text() -> None:
    longer = score("a gold watch, pouring, window, humo, hole, sign")

    assert score("a gold watch").points("weapon") > longer.points("weapon")


def test_kinds_come_with_probabilities_that_add_up_to_one() -> None:
    first, second = score("hole").kinds(5)

    assert (first.code, second.code) == ("HOLE", "SIGN")
    assert first.probability == pytest.approx(1 / (1 + np.exp(-7 / np.sqrt(2))), abs=0.001)
    assert first.probability + second.probability == pytest.approx(1)


def test_a_longer_text_is_not_surer_for_its_length() -> None:
    short, long = score("hole").kinds(5), score("hole, smoke, window").kinds(5)

    assert short[0].probability > long[0].probability


def test_the_words_that_say_most_are_shown_as_they_stand() -> None:
    weights = {"fire": {"": -1, "a": 1, "b": 5, "c": 4, "d": 3, "e": 2, "f": -9}}
    model = text_model(weights, dangers=("fire",))

    assert score("a b x c f d e", model=model).evidence("fire") == "b … c … d e"


def test_a_beginning_a_pair_and_a_denied_word_are_shown_as_well() -> None:
    weights = {"fire": {"": -1, "pouri*": 5, "out water": 4, "!smoke": 3, "smoke": -9}}
    model = text_model(weights, dangers=("fire",))

    assert (
        score("Pouring out, water, here, no smoke", model=model).evidence("fire")
        == "pouring out water … smoke"
    )


def test_every_feature_that_decides_is_listed_with_its_points() -> None:
    found = score("Pouring smoke alarm", ["@fire"])

    assert found.contributions("urgent:en") == [
        ("smoke alarm", -7),
        ("smoke", 6),
        ("pouri*", 5),
        ("@fire", 4),
    ]
    assert found.points("urgent:en") == -10 + sum(
        weight for _, weight in found.contributions("urgent:en")
    )


@pytest.mark.parametrize("text", ["", "nothing of that kind"])
def test_words_that_nobody_knows_say_nothing(text: str) -> None:
    found = score(text)

    assert (found.points("urgent:en"), found.points("weapon"), found.known_words) == (-10, -2, 0)


def test_a_model_that_is_written_is_read_back() -> None:
    read = decode_model(encode_model(MODEL))

    assert (read.heads, read.features) == (MODEL.heads, MODEL.features)
    assert np.array_equal(read.weights, MODEL.weights)
    assert np.array_equal(read.biases, MODEL.biases)


def test_the_same_model_gives_the_same_bytes() -> None:
    assert encode_model(MODEL) == encode_model(MODEL)
    assert encode_model(MODEL) != encode_model(text_model({"urgent:en": {"smoke": 1}}))


def test_no_model_knows_nothing() -> None:
    found = score("smoke", model=decode_model(b""))

    assert (found.kinds(5), found.dangers(), found.urgency) == ([], {}, None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"no model", "no model", id="no archive"),
        pytest.param(encode_model(MODEL)[:-30], "no model file", id="half of one"),
        pytest.param(
            encode_model(TextModel(ModelHeads(), ("a",), MODEL.weights, MODEL.biases)),
            "weights: their shape",
            id="another shape",
        ),
    ],
)
def test_what_is_no_model_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_model(data)


def test_words_typical_of_a_kind_have_enough_points_for_it() -> None:
    model = text_model({"BIN": {"bin": 9, "full*": 8, "lid": 7, "the bin": 20}}, kinds=("BIN",))

    assert set(model.typical_words("BIN", 8)) == {"bin", "full"}
    assert set(model.typical_words("LAMP", 8)) == set()
