"""Every reason code that a rule can give has a text."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

import services.triage.rules.priority
from services.triage.outbound import OUTCOME_TEXT
from services.triage.policy import CityPolicy
from services.triage.rules.dedup.model import (
    Aspect,
    Match,
    MatchBasis,
    RejectionReason,
    Relation,
    ScoreItem,
)
from services.triage.rules.dedup.reasons import match_reasons
from services.triage.rules.priority.score import (
    detect_emergency,
    find_downgrade,
    find_generic_hazard,
    score_priority,
)
from services.triage.rules.reason_texts import MATCH_TEXT, REJECTION_TEXT
from shared.catalogue import Jurisdiction, load_catalogue
from shared.vocabulary import TriageOutcome
from tests.support.triage.factories import case

CITIES = load_catalogue().jurisdictions
PRIORITY_RULES = Path(services.triage.rules.priority.__file__).parent
FROM_CATALOGUE = {"code", "adjustment.code", "place.code"}


def matches() -> Iterator[Match]:
    scored = tuple(ScoreItem(aspect, 1) for aspect in get_args(Aspect))
    for relation, basis, items, away_m in product(
        get_args(Relation), get_args(MatchBasis), ((), scored), (1.0, 99.0)
    ):
        yield Match(case(), relation, basis, timedelta(1), away_m, 50, timedelta(2), items)


def test_every_reason_for_a_duplicate_has_words() -> None:
    said = {
        code
        for match in matches()
        for kind in ("CAMP", "X")
        for code, _ in match_reasons(match, kind)
    }

    assert said - MATCH_TEXT.keys() == set()


def test_everything_that_can_stand_against_a_case_has_words() -> None:
    assert REJECTION_TEXT.keys() == set(get_args(RejectionReason))


def test_every_outcome_has_words() -> None:
    assert OUTCOME_TEXT.keys() == set(get_args(TriageOutcome))


@pytest.mark.parametrize("city", CITIES.values(), ids=CITIES)
def test_whatever_a_report_of_any_kind_states_has_words(city: Jurisdiction) -> None:
    words = CityPolicy(city).reason_texts
    for service, condition in product(city.services.values(), city.conditions):
        met = {condition: "a word"}
        emergency = detect_emergency(city, service, met)
        adjustment = find_downgrade(city, service, met) or find_generic_hazard(city, service, met)
        priority = score_priority(service, met, emergency, adjustment, is_other=True)
        assert {point.code for point in priority.reasons} <= words.reasons.keys()
        assert emergency is None or emergency.code in words.emergencies


@pytest.mark.parametrize("city", CITIES.values(), ids=CITIES)
def test_every_sort_of_place_that_counts_has_words(city: Jurisdiction) -> None:
    rules = CityPolicy(city)
    places = rules.circumstances.places if rules.circumstances else ()

    assert {place.code for place in places} <= rules.reason_texts.reasons.keys()


@pytest.mark.parametrize("city", CITIES.values(), ids=CITIES)
def test_every_reason_of_a_referral_has_words(city: Jurisdiction) -> None:
    assert CityPolicy(city).reason_texts.referrals.keys() == city.referral_reasons.keys()


def test_every_reason_for_a_priority_that_a_rule_names_has_words() -> None:
    words = CityPolicy(CITIES["portland.gov"]).reason_texts.reasons
    codes = list(_codes_of_reasons())
    assert codes
    for code in codes:
        if isinstance(code, ast.Constant):
            assert code.value in words
        elif isinstance(code, ast.JoinedStr):
            start = ast.literal_eval(code.values[0])
            assert any(known.startswith(start) for known in words)
        else:
            assert ast.unparse(code) in FROM_CATALOGUE, "give it words, then name it here"


def _codes_of_reasons() -> Iterator[ast.expr]:
    for path in PRIORITY_RULES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "ScoreReason":
                yield node.args[0]
