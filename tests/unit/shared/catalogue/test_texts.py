import pytest

from shared.catalogue import load_catalogue
from shared.catalogue.texts import with_plural
from shared.text_matching import fold

PORTLAND = load_catalogue().jurisdictions["portland.gov"]


@pytest.mark.parametrize(
    ("wording", "language", "found"),
    [
        pytest.param("pothole", "en", "pothole|potholes", id="a plain noun"),
        pytest.param("trash box", "en", "trash box|boxes", id="after a hiss"),
        pytest.param("bache", "es", "bache|baches", id="Spanish after a vowel"),
        pytest.param("farol", "es", "farol|faroles", id="Spanish after a consonant"),
        pytest.param("needles", "en", "needles", id="already more than one"),
        pytest.param("cart|trolley", "en", "cart|trolley", id="varied by hand"),
    ],
)
def test_the_last_word_is_found_in_the_plural_as_well(
    wording: str, language: str, found: str
) -> None:
    assert with_plural(wording, language) == found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Two potholes on my street", "ROW-POTHOLE"),
        ("abandoned shopping carts by the park", "TRASH-CART"),
        ("Hay baches en mi calle", "ROW-POTHOLE"),
    ],
)
def test_many_of_a_kind_name_it_like_one(text: str, kind: str) -> None:
    assert kind in {hit.code for hit in PORTLAND.keywords.find(fold(text))}


@pytest.mark.parametrize(
    ("text", "medical"),
    [
        ("El botón peatonal no responde", False),
        ("El semáforo no responde", False),
        ("Hay un hombre en la acera, no responde", True),
    ],
)
def test_a_thing_that_does_not_respond_is_no_patient(text: str, medical: bool) -> None:
    found = {hit.code for hit in PORTLAND.phrases.find(fold(text))}

    assert ("medical" in found) == medical
