"""Search for kinds by words."""

import pytest

from services.intake.rules.classification import MAX_FOUND, search_kinds
from shared.catalogue import load_catalogue

CITY = load_catalogue().jurisdictions["portland.gov"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param("noise", "NOISE-GENERAL", id="a word of its name"),
        pytest.param("poth", "ROW-POTHOLE", id="a part of it"),
        pytest.param("ruido", "NOISE-GENERAL", id="Spanish"),
        pytest.param("couch on the curb", "TRASH-DUMPED", id="the text model"),
        pytest.param("dead cat", "ROW-DEADANIMAL", id="a synonym"),
    ],
)
def test_the_kind_that_is_meant_is_found_first(words: str, code: str) -> None:
    found = search_kinds(words, CITY)

    assert found[0].code == code
    assert len(found) <= MAX_FOUND


def test_a_keyword_finds_its_kind_without_a_model_that_knows_the_kinds() -> None:
    boston = load_catalogue().jurisdictions["boston.gov"]

    assert search_kinds("pothole", boston)[0].code == "BOS-REQUEST-FOR-POTHOLE-REPAIR"


@pytest.mark.parametrize("words", ["xyzzy", "", "?"])
def test_nothing_is_found_for_words_that_mean_nothing(words: str) -> None:
    assert list(search_kinds(words, CITY)) == []


def test_something_else_is_no_result() -> None:
    assert CITY.other_code not in [kind.code for kind in search_kinds("something else", CITY)]
