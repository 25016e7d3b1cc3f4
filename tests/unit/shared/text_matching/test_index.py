"""How texts and phrases become comparable, and how phrases are found in texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text_matching import (
    Hit,
    PhraseIndex,
    expand_families,
    families_named,
    fold,
    parse_pattern,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("  Two   words\n", "two words", id="spaces"),
        pytest.param("SEMÁFORO caído, ¡ojo!", "semaforo caido ojo", id="accents and marks"),
        pytest.param("niños en la señal", "ninos en la senal", id="tilde"),
        pytest.param("can't, don\u2019t", "cant dont", id="apostrophes inside words"),
        pytest.param("'quoted' words", "quoted words", id="apostrophes around words"),
        pytest.param("I-205 drop-off", "i 205 drop off", id="hyphens"),
        pytest.param("snake_case", "snake case", id="underscore"),
        pytest.param(
            "\uff26\uff35\uff2c\uff2c\u3000\uff57\uff49\uff44\uff54\uff48", "full width", id="width"
        ),
        pytest.param("straße", "strasse", id="casefold"),
        pytest.param("?!…", "", id="no word at all"),
        pytest.param("停电 света нет", "停电 света нет", id="other scripts stay"),
    ],
)
def test_a_text_is_folded_to_bare_words(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_folded_text_has_one_space_between_words_and_none_around(text: str) -> None:
    assert fold(text) == " ".join(fold(text).split())


@pytest.mark.parametrize(
    ("wording", "phrase", "found"),
    [
        pytest.param("on fire", "on fire", True, id="plain"),
        pytest.param("on fire", "on the fire", False, id="another word between"),
        pytest.param("blocks|blocking the lane", "blocking the lane", True, id="alternative"),
        pytest.param("blocks|blocking the lane", "blocked the lane", False, id="no alternative"),
        pytest.param("in the? lane", "in lane", True, id="optional word left out"),
        pytest.param("in the? lane", "in the lane", True, id="optional word said"),
        pytest.param("in the|a? lane", "in the a lane", False, id="one alternative at a time"),
        pytest.param("is? very? very? deep", "is very deep", True, id="several optional words"),
        pytest.param("is? very? very? deep", "deep", True, id="all optional words left out"),
        pytest.param("on fire now?", "on fire", True, id="optional at the end"),
        pytest.param("fell down-the-stairs|hard", "fell down the stairs", True, id="joined words"),
        pytest.param("fell down-the-stairs|hard", "fell down the hill", False, id="joined, other"),
        pytest.param("CAÍDO", "caído", True, id="accents and case do not matter"),
        pytest.param("can't pass", "cant pass", True, id="apostrophe left out"),
    ],
)
def test_a_wording_finds_just_the_phrases_that_it_stands_for(
    wording: str, phrase: str, found: bool
) -> None:
    index = PhraseIndex.of([("it", wording)])

    assert bool(index.find(fold(f"we say {phrase} here"))) == found


def test_a_hit_says_which_words_it_covers() -> None:
    index = PhraseIndex.of([("lane", "in the right lane")])

    assert index.find("couch in the right lane now") == [Hit("lane", "in the right lane", 1, 5)]


def test_of_phrases_of_one_code_from_one_word_only_the_longest_counts() -> None:
    index = PhraseIndex.of([("lane", "in the lane"), ("lane", "in the lane of traffic")])

    assert [hit.phrase for hit in index.find("in the lane of traffic")] == [
        "in the lane of traffic"
    ]


def test_one_phrase_may_stand_for_several_codes() -> None:
    index = PhraseIndex.of([("a", "water rising"), ("b", "water rising fast")])

    assert {hit.code for hit in index.find("the water rising fast")} == {"a", "b"}


def test_a_phrase_that_begins_inside_another_is_found_too() -> None:
    index = PhraseIndex.of([("a", "big hole"), ("b", "hole in road")])

    assert [hit.code for hit in index.find("big hole in road")] == ["a", "b"]


def test_a_phrase_that_shares_a_word_with_an_exception_is_not_found() -> None:
    index = PhraseIndex.of([("fire", "a fire")], [("fire", "fire hydrant")])

    assert index.find("a fire hydrant leaks") == []


def test_an_exception_takes_away_no_phrase_elsewhere_in_the_text() -> None:
    index = PhraseIndex.of([("fire", "a fire")], [("fire", "fire hydrant")])

    assert [hit.start_word for hit in index.find("a fire hydrant and a fire")] == [4]


def test_a_phrase_right_beside_an_exception_is_found() -> None:
    index = PhraseIndex.of(
        [("fire", "on fire")], [("fire", "fire hydrant"), ("fire", "hydrant is")]
    )

    assert [hit.phrase for hit in index.find("the hydrant is on fire")] == ["on fire"]


def test_an_exception_of_one_code_leaves_the_others_alone() -> None:
    index = PhraseIndex.of([("fire", "a fire"), ("hydrant", "fire hydrant")], [("fire", "hydrant")])

    assert [hit.code for hit in index.find("a fire hydrant")] == ["fire", "hydrant"]


def test_an_index_without_phrases_finds_nothing() -> None:
    assert PhraseIndex.of([]).find("anything at all") == []


def test_an_empty_text_has_no_phrases() -> None:
    assert PhraseIndex.of([("a", "word")]).find("") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("man bleeding", True),
        ("man is bleeding", True),
        ("man over there is bleeding", True),
        ("man over there is really not bleeding", False),
        ("man is not bleeding", False),
        ("man could be bleeding", False),
        ("man one two three four five six bleeding", True),
        ("man one two three four five six seven bleeding", False),
        ("man si sangra bleeding", False),
    ],
)
def test_a_gap_lets_six_words_stand_between_unless_one_takes_back_what_is_said(
    text: str, found: bool
) -> None:
    index = PhraseIndex.of([("injury", "man ~ bleeding")])

    assert bool(index.find(text)) == found


def test_a_hit_with_a_gap_covers_the_words_in_it() -> None:
    index = PhraseIndex.of([("injury", "man ~ bleeding")])

    assert index.find("a man is bleeding here") == [Hit("injury", "man is bleeding", 1, 4)]


def test_codes_of_one_wording_come_in_the_order_of_the_catalogue() -> None:
    index = PhraseIndex.of([(code, "lid ~ gone") for code in "hdbfacge"])

    assert "".join(hit.code for hit in index.find("the lid is gone")) == "hdbfacge"


def test_a_word_of_a_wording_goes_before_the_same_word_in_a_gap() -> None:
    index = PhraseIndex.of([("a", "man ~ hurt"), ("b", "man not hurt")])

    assert [hit.code for hit in index.find("man not hurt")] == ["b"]


def test_a_family_stands_for_its_words() -> None:
    wording = expand_families("@person ~ hurt|@dead", {"person": ["man|woman"], "dead": ["dead"]})

    assert wording == "man|woman ~ hurt|dead"
    assert families_named("@person ~ hurt|@dead") == ["person", "dead"]


def test_a_family_that_nobody_declared_is_an_error() -> None:
    with pytest.raises(KeyError):
        expand_families("@nobody hurt", {})


@pytest.mark.parametrize("wording", ["~ hurt", "hurt ~"])
def test_a_gap_needs_words_on_both_sides(wording: str) -> None:
    with pytest.raises(ValueError, match="letter"):
        parse_pattern(wording)


LENIENT = PhraseIndex.of(
    [
        (word, word)
        for word in (
            "unconscious",
            "bleeding",
            "trapped",
            "sidewalk",
            "hurt",
            "semaforo",
            "manzha",
            "cortado",
            "sangrando",
        )
    ],
    is_lenient=True,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("unconcious", "unconscious", id="a letter missing"),
        pytest.param("bleedding", "bleeding", id="a letter too many"),
        pytest.param("sidewlak", "sidewalk", id="two letters swapped"),
        pytest.param("bleeding" + "g" * 60, "bleeding", id="long by one letter alone"),
        pytest.param("bleeding" + "xy" * 20, None, id="too long for any word"),
        pytest.param("cidewalk", None, id="the first letter for another like it"),
        pytest.param("sidewaik", None, id="a letter for another"),
        pytest.param("unconsciouz", "unconscious", id="a letter for another like it"),
        pytest.param("semafaro", None, id="a vowel for another"),
        pytest.param("mansha", None, id="a letter for one like it, in a short word"),
        pytest.param("tapped", None, id="a word of its own"),
        pytest.param("cemaforo", None, id="the first letter wrong"),
        pytest.param("hurl", None, id="a short word"),
        pytest.param("hurrrrt", "hurt", id="a letter drawn out"),
        pytest.param("sangrandole", "sangrando", id="a verb with its pronoun"),
        pytest.param("sangrandosela", "sangrando", id="a verb with two"),
        pytest.param("cortadole", None, id="a pronoun behind no verb"),
        pytest.param("cortando", None, id="a gerund for a participle"),
        pytest.param("sangrado", None, id="a participle for a gerund"),
        pytest.param("blxxding", None, id="two letters wrong"),
        pytest.param("bleexing", None, id="a letter that nobody takes for the other"),
    ],
)
def test_a_misspelt_word_is_read_as_the_known_one(written: str, meant: str | None) -> None:
    assert [hit.code for hit in LENIENT.find(written)] == ([meant] if meant else [])


def test_a_misspelt_phrase_is_shown_as_it_was_written() -> None:
    assert [hit.phrase for hit in LENIENT.find("man unconcious")] == ["unconcious"]


def test_a_strict_index_reads_no_misspelt_words() -> None:
    assert PhraseIndex.of([("a", "bleeding")]).find("bleding") == []


@pytest.mark.parametrize("wording", ["", "the?", "a|", "one || two", "—", "one|… two"])
def test_a_wording_that_could_stand_for_nothing_is_refused(wording: str) -> None:
    with pytest.raises(ValueError, match=r"letter|optional"):
        parse_pattern(wording)


WORDS = st.sampled_from(["a", "b", "c"])


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), max_size=8),
    st.lists(WORDS, max_size=12).map(" ".join),
)
def test_plain_phrases_are_found_wherever_they_stand(phrases: list[str], text: str) -> None:
    index = PhraseIndex.of((phrase, phrase) for phrase in phrases)

    found = {(hit.start_word, hit.end_word, hit.code) for hit in index.find(text)}

    words = text.split()
    assert found == {
        (start, start + length, phrase)
        for phrase in phrases
        for length in [len(phrase.split())]
        for start in range(len(words) - length + 1)
        if words[start : start + length] == phrase.split()
    }
