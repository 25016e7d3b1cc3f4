"""Kinds that a text is guessed to be instead of another."""

import pytest

from services.intake.rules.classification import choose_code, likely_kinds
from shared.catalogue import load_catalogue
from shared.catalogue.judgement import read_text

PORTLAND = load_catalogue().jurisdictions["portland.gov"]


def guessed(text: str) -> str:
    return choose_code(likely_kinds(read_text(text, PORTLAND), PORTLAND), PORTLAND)


@pytest.mark.parametrize(
    "text",
    [
        "Tents and trash block the sidewalk",
        "Tents block the sidewalk",
        "Tents and trash on the sidewalk",
        "Carpas bloquean la acera",
        "Carpas y basura en la acera",
        "Tiendas de campaña y basura en la acera",
    ],
)
def test_tents_in_the_way_are_a_campsite(text: str) -> None:
    assert guessed(text) == "CAMP-REPORT"


@pytest.mark.parametrize(
    "text",
    [
        "Tents block the sidewalk and I use a wheelchair",
        "I cannot get past the tents with my walker",
        "A stroller cannot pass the tents",
        "My blind mother cannot pass the tents on the sidewalk",
        "Hay carpas en la banqueta y no puedo pasar con mi silla de ruedas",
    ],
)
def test_tents_that_stop_a_person_who_needs_an_accessible_way(text: str) -> None:
    assert guessed(text) == "CAMP-ADA"


@pytest.mark.parametrize(
    "text", ["Somebody dumped trash on the sidewalk", "An old tent was dumped"]
)
def test_other_trash_is_no_campsite(text: str) -> None:
    assert guessed(text) != "CAMP-REPORT"


def test_a_guess_keeps_every_probability_once() -> None:
    read = read_text("Carpas y basura en la acera", PORTLAND)
    kinds = likely_kinds(read, PORTLAND)

    codes = [kind.code for kind in kinds]
    assert len(set(codes)) == len(codes)
    assert sum(kind.probability for kind in kinds) <= 1
    assert [kind.probability for kind in kinds] == sorted(
        (kind.probability for kind in kinds), reverse=True
    )
