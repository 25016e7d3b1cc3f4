from collections import Counter

import pytest

from shared.text_matching import fold
from tests.unit.triage.rules.priority import labelled

LABELS = ("emergency", "urgent", "routine", "harmless")


def test_there_are_four_hundred_texts_or_more_about_half_of_them_spanish() -> None:
    languages = Counter(text.language for text in labelled.texts())

    assert languages.total() >= 400
    assert languages["es"] >= 0.45 * languages.total()


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_each_part_has_texts_of_every_label(part: str, language: str) -> None:
    assert all(len(labelled.of(part, language, label)) >= 15 for label in LABELS)


def test_no_text_is_in_the_set_twice() -> None:
    times = Counter(fold(text.text) for text in labelled.texts())

    assert [text for text, count in times.items() if count > 1] == []


def test_every_text_has_a_kind_of_the_city() -> None:
    known = labelled.rules().services

    assert {text.service_code for text in labelled.texts()} <= set(known)


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("label", "least"), [("emergency", 0.93), ("urgent", 0.81), ("routine", 0.92)]
)
def test_the_rules_judge_texts_as_people_do(
    part: str, language: str, label: str, least: float
) -> None:
    texts = labelled.of(part, language, label)
    wrong = [text for text in texts if not text.is_right]

    shown = [text.text for text in wrong] if part == "train" else len(wrong)
    assert 1 - len(wrong) / len(texts) >= least, shown


@pytest.mark.parametrize(
    ("part", "size", "language", "label", "at_first_sight"),
    [
        ("fresh", 15, "en", "emergency", 13),
        ("fresh", 15, "en", "urgent", 12),
        ("fresh", 15, "en", "routine", 14),
        ("fresh", 15, "en", "harmless", 14),
        ("fresh", 15, "es", "emergency", 11),
        ("fresh", 15, "es", "urgent", 11),
        ("fresh", 15, "es", "routine", 14),
        ("fresh", 15, "es", "harmless", 10),
        ("unheard", 125, "en", "emergency", 115),
        ("unheard", 125, "en", "urgent", 115),
        ("unheard", 125, "en", "routine", 121),
        ("unheard", 125, "en", "harmless", 107),
        ("unheard", 125, "es", "emergency", 119),
        ("unheard", 125, "es", "urgent", 112),
        ("unheard", 125, "es", "routine", 117),
        ("unheard", 125, "es", "harmless", 110),
    ],
)
def test_texts_of_others_are_judged_no_worse_than_at_first_sight(
    part: str, size: int, language: str, label: str, at_first_sight: int
) -> None:
    texts = labelled.of(part, language, label)

    assert len(texts) == size
    assert sum(text.is_right for text in texts) >= at_first_sight


def test_a_kind_that_sends_people_to_911_makes_an_emergency_of_it() -> None:
    for code, is_emergency in (("ROW-SPILL", True), ("SEW-ODOR", False)):
        kind = labelled.rules().services[code]
        found = labelled.rules().assess(kind, "please look at it", {"fumes": "yes"}, None)
        assert (found.emergency is not None) == is_emergency
