"""Which texts seem to be about a private person."""

import pytest
from typing_extensions import override

from services.intake.rules.private_persons import PersonalWords, personal_words, reasons_to_hold
from shared.catalogue import load_catalogue
from shared.redaction import Redactor
from shared.text_matching.pattern_scan import PatternScan
from shared.vocabulary import PersonalClass
from tests.unit.intake.rules.texts_about_persons import KEPT_AWAY, KNOWN

REDACTOR = Redactor.of(load_catalogue().jurisdictions["portland.gov"])
HARMLESS = "Deep hole in the right lane"


class _Everything(frozenset[str]):
    @override
    def __contains__(self, name: object) -> bool:
        return True


@pytest.mark.parametrize("text", KNOWN)
def test_what_people_write_about_a_private_person_is_found(text: str) -> None:
    assert personal_words(REDACTOR.redact_text(text))


def test_nine_of_ten_texts_that_the_rule_was_not_made_with_are_found() -> None:
    missed = [text for text in KEPT_AWAY if not personal_words(REDACTOR.redact_text(text))]

    assert len(missed) <= len(KEPT_AWAY) // 10, missed


@pytest.mark.parametrize(
    ("text", "about", "words"),
    [
        ("It was my neighbor Kevin Doyle", "name", "Kevin Doyle"),
        ("Un tal Javier Moreno quema llantas", "name", "Un tal Javier Moreno"),
        ("Please fix it. Regards, Anna Miller", "name", "Anna Miller"),
        ("The lady upstairs steals packages", "accusation", "the lady upstairs steals"),
        ("A black male in a hoodie", "accusation", "black male"),
        ("She is a total idiot", "insult", "she is a total idiot"),
        ("Ford, plate BTR 2095, in the bus lane", "plate", "plate btr 2095"),
        ("Coche con matr\u00edcula 4821 KLM", "plate", "matricula 4821 klm"),
        ("My mother has dementia", "health", "my mother has dementia"),
        ("Drug dealing at 12 Oak St every day", "home", "drug dealing at 12 oak st"),
        ("31 Birch never mows", "home", "31 birch never mows"),
    ],
)
def test_the_class_comes_with_the_words(text: str, about: PersonalClass, words: str) -> None:
    assert PersonalWords(about, words) in personal_words(text)


@pytest.mark.parametrize(
    "text",
    [
        HARMLESS,
        "Mayor Wilson promised us a crosswalk",
        "Officer Daniel Reyes was very helpful",
        "Portland General Electric never called back",
        "The light at Martin Luther King and Alberta is out",
        "Trash cans overflow at Dixwell Avenue and in George Johnson Park",
        "La farola de la calle Carlos Hern\u00e1ndez 29 no funciona",
        "Papelera rota en Felipe Castro con Luis Ruiz",
        "People dump couches here all the time",
        "Drivers run the red light every morning",
        "Teenagers were throwing rocks at the signs",
        "Los conductores aparcan siempre en la acera",
        "Lost dog, answers to the name Kevin",
        "The crew left its cones in the street",
        "Water main broke in 2024 and 1200 sqft are wet",
        "A man is lying in the road and does not move",
    ],
)
def test_officials_companies_places_and_anonymous_people_are_no_private_persons(text: str) -> None:
    assert personal_words(text) == ()


def test_a_subject_and_a_predicate_in_another_sentence_do_not_count() -> None:
    apart = "My neighbor called about it. Somebody has been selling drugs in the park"

    assert personal_words(apart) == ()
    assert personal_words("My neighbor has been selling drugs in the park")


def test_the_scan_before_a_search_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = [f"My neighbor today {'x ' * number}gunstocks" for number in range(40, 60)]
    texts = [*KNOWN, *KEPT_AWAY, *cut, HARMLESS, "Plate ABC 1234, vecino José del 3 grita"]
    found = [personal_words(text) for text in texts]

    monkeypatch.setattr(PatternScan, "possible", lambda _scan, _text: _Everything())

    assert [personal_words(text) for text in texts] == found
    assert any(found[texts.index(text)] for text in cut)


def test_a_text_that_repeats_itself_has_eight_findings_at_most() -> None:
    text = " ".join(f"My neighbor has plate ABC {number}." for number in range(100, 400))

    assert len(personal_words(text)) == 8


@pytest.mark.parametrize(
    ("policy", "harmless", "personal"),
    [("at_once", False, False), ("screened", False, True), ("after_release", True, True)],
)
def test_the_city_says_which_texts_wait(policy: str, harmless: bool, personal: bool) -> None:
    waits = [reasons_to_hold(text, policy) is not None for text in (HARMLESS, KNOWN[0])]  # type: ignore[arg-type] # parametrized

    assert waits == [harmless, personal]
    assert reasons_to_hold("", policy) is None  # type: ignore[arg-type] # parametrized
