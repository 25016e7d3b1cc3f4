"""Patterns for languages that inflect words or write them without spaces."""

import pytest

from shared.text_matching import StemEntry, StemPatterns, fold
from shared.text_matching.stem_patterns import check_stems


def found(pattern: str, text: str, *exceptions: str) -> str | None:
    patterns = StemPatterns([StemEntry("it", (pattern,), exceptions)])
    return patterns.find(text, fold(text)).stated.get("it")


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        pytest.param("пожар", "Тут пожар!", "пожар", id="a word"),
        pytest.param("пожар", "пожарный кран", None, id="no beginning of a word"),
        pytest.param("пожар*", "Пожарный кран", "пожарныи", id="any ending"),
        pytest.param("горит ~ дом*", "горит соседний дом", "горит соседнии дом", id="a gap"),
        pytest.param("горит ~ дом*", "Свет горит. Дом пуст", None, id="no gap over sentences"),
        pytest.param("дом* & горит", "горит дом", "горит дом", id="either order"),
        pytest.param("no humo? aqui", "no aqui", "no aqui", id="an optional word"),
        pytest.param("на-мосту|в-воде", "он в воде", "в воде", id="words that belong together"),
        pytest.param("go'ay", "xarig go\u2019ay", "goay", id="apostrophes"),
        pytest.param("cada", "CADĂ", "cada", id="Romanian without its marks"),
        pytest.param("cháy", "xe chạy", None, id="Vietnamese tones"),
        pytest.param("غاز", "رائحة الغاز", "الغاز", id="an Arabic prefix"),
        pytest.param("انهار", "إنهار البيت", "إنهار", id="an Arabic hamza"),
        pytest.param("着火", "隔壁房子着火了", "着火", id="inside a run of signs"),
        pytest.param(
            "火花 ~ 電線", "火花が出ている電線", "火花が出ている電線", id="a gap of signs"
        ),
        pytest.param(
            "불이났", "옆집에 불이 났어요", "불이 났", id="spaces do not matter in Korean"
        ),
        pytest.param("ໄຟໄໝ້", "ເຮືອນໄຟໄຫມ້ແລ້ວ", "ໄຟໄຫມ", id="two spellings of a Lao letter"),
    ],
)
def test_a_pattern_is_found_with_the_words_of_the_folded_text(
    pattern: str, text: str, words: str | None
) -> None:
    assert found(pattern, text) == (words and fold(words))


def test_an_exception_denies_what_it_holds_and_nothing_else() -> None:
    patterns = StemPatterns([StemEntry("fire", ("着火",), ("没有 着火",))])

    assert patterns.find("没有着火", "没有着火") == ({}, {"fire"})
    assert patterns.find("没有着火。隔壁着火", "没有着火 隔壁着火").stated == {"fire": "着火"}
    assert patterns.find("你好", "你好") == ({}, ())


@pytest.mark.parametrize(
    ("text", "may"), [("a fire at home", True), ("a cat at home", False), ("", False)]
)
def test_a_quick_look_finds_what_may_match(text: str, may: bool) -> None:
    patterns = StemPatterns([StemEntry("it", ("fire ~ home",), ())])

    assert patterns.may_match(text, text) is may


@pytest.mark.parametrize("pattern", ["~ a", "a ~", "a |b", "*", "火 fire", "a & "])
def test_a_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"write one pattern|each step"):
        check_stems(pattern)
