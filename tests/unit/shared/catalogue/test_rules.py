"""What kinds, conditions and emergencies answer when they are asked."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from shared.catalogue import (
    Condition,
    HazardRule,
    InformRule,
    LocalText,
    Phrases,
    ReferralRule,
    ServiceType,
    load_catalogue,
)

NAME = LocalText("A name", "Un nombre")
KIND = load_catalogue().jurisdictions["portland.gov"].services["OTHER"]
NOTHING = Phrases((), ())


def kind(lead: str = "LEAD", **changes: object) -> ServiceType:
    bare = replace(KIND, lead=lead, informed=(), referrals=())
    return replace(bare, **changes)  # type: ignore[arg-type]  # the caller names real fields


def condition(**attributes: set[str]) -> Condition:
    answers = {field: frozenset(values) for field, values in attributes.items()}
    return Condition("it", NAME, MappingProxyType(answers), NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("tag", "text"),
    [("es", "Un nombre"), ("es-MX", "Un nombre"), ("ES", "Un nombre"), ("en", "A name")],
)
def test_a_text_is_told_in_the_language_asked_for(tag: str, text: str) -> None:
    assert NAME.in_language(tag) == text


def test_a_text_in_a_language_that_it_does_not_have_is_english() -> None:
    assert NAME.in_language("vi") == "A name"


def test_a_bureau_that_leads_leads_the_city_s_part() -> None:
    assert kind("LEAD", informed=(InformRule("A"),)).city_lead == "LEAD"


def test_with_a_lead_outside_the_first_bureau_always_informed_leads_the_city_s_part() -> None:
    informed = (InformRule("A", "wet"), InformRule("B"), InformRule("C"))
    outside = kind("EXT-X", informed=informed)

    assert outside.is_outside
    assert outside.city_lead == "B"


def test_with_a_lead_outside_and_nobody_always_informed_the_city_has_no_part() -> None:
    assert kind("EXT-X", informed=(InformRule("A", "wet"),)).city_lead is None


def test_agencies_come_in_the_order_of_the_catalogue_when_their_condition_is_met() -> None:
    wire = kind("EXT-U", referrals=(ReferralRule("EXT-911", "sparks"), ReferralRule("EXT-U")))

    assert wire.referrals_for({"sparks"}) == (
        ReferralRule("EXT-911", "sparks"),
        ReferralRule("EXT-U"),
    )
    assert wire.referrals_for(set()) == (ReferralRule("EXT-U"),)


def test_only_conditions_under_which_people_are_sent_to_911_call_for_it() -> None:
    wire = kind(
        "EXT-U", referrals=(ReferralRule("EXT-911", "sparks"), ReferralRule("EXT-U", "low"))
    )

    assert wire.needs_911_for({"sparks", "low"}) == ("sparks",)
    assert wire.needs_911_for({"low"}) == ()
    assert kind(referrals=(ReferralRule("EXT-911"),)).needs_911_for({"sparks"}) == ()


def test_a_lead_outside_is_referred_to_when_no_other_agency_is() -> None:
    assert kind("EXT-U", referrals=()).referrals_for(set()) == (ReferralRule("EXT-U"),)


@pytest.mark.parametrize(
    ("hazard", "met", "expected"),
    [
        ("always", set(), True),
        ("never", {"wet"}, False),
        ("if", {"wet"}, True),
        ("if", {"cold"}, False),
    ],
)
def test_a_report_is_a_hazard_by_its_kind_or_by_a_condition(
    hazard: str, met: set[str], expected: bool
) -> None:
    conditions = ("wet",) if hazard == "if" else ()

    assert kind(hazard=hazard, hazard_conditions=conditions).is_hazard(met) == expected


@pytest.mark.parametrize("answer", ["yes", "Yes", "sí", "si", "TRUE", True, 1, "1", "y", ["yes"]])
def test_every_way_to_say_yes_is_a_yes(answer: object) -> None:
    assert condition(wet={"yes"}).answered_by({"wet": answer}) == "wet"


@pytest.mark.parametrize("answer", ["no", False, 0, "", None, "unknown", [], ["no"]])
def test_what_is_no_yes_states_nothing(answer: object) -> None:
    assert condition(wet={"yes"}).answered_by({"wet": answer}) is None


def test_a_condition_may_be_stated_by_a_no() -> None:
    assert condition(passable={"no"}).answered_by({"passable": "No"}) == "passable"


def test_one_of_several_answers_is_enough() -> None:
    assert condition(size={"large"}).answered_by({"size": ["small", "Large"]}) == "size"


def test_answers_to_other_questions_state_nothing() -> None:
    assert condition(wet={"yes"}).answered_by({"cold": "yes"}) is None


@pytest.mark.parametrize(
    ("met", "evidence"),
    [
        pytest.param({"wire", "sparks"}, ("sparks", "wire"), id="all and one"),
        pytest.param({"wire", "fire", "sparks"}, ("sparks", "fire", "wire"), id="all and both"),
        pytest.param({"wire"}, (), id="none of those of which one is needed"),
        pytest.param({"sparks"}, (), id="not all"),
    ],
)
def test_an_emergency_needs_all_of_some_conditions_and_one_of_others(
    met: set[str], evidence: tuple[str, ...]
) -> None:
    assert (
        HazardRule("live", NAME, None, ("wire",), ("sparks", "fire")).evidence(frozenset(met))
        == evidence
    )


def test_an_emergency_without_conditions_is_never_there_by_conditions() -> None:
    assert HazardRule("crisis", NAME, None, (), ()).evidence(frozenset({"anything"})) == ()
