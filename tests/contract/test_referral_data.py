"""Referrals of the built-in catalogue: each has its reason, and a hazard has a bureau."""

from collections.abc import Iterator

import pytest

from services.triage.decisions.assessment import StatedParts, assess
from services.triage.policy import TriagePolicy
from shared.catalogue import Jurisdiction, ReferralRule, load_catalogue
from shared.catalogue.jurisdiction import HAZARD_NOW
from shared.vocabulary import URGENT_LEVELS

CATALOGUE = load_catalogue()
POLICY = TriagePolicy(CATALOGUE)
PORTLAND = CATALOGUE.jurisdictions["portland.gov"]
BOSTON = CATALOGUE.jurisdictions["boston.gov"]
DANGERS = (
    "A child was hit and is bleeding",
    "It is on fire",
    "A wire is down and sparking",
    "There is a strong smell of gas",
    "It fell into the travel lane and cars are swerving around it",
)
CITIES = [pytest.param(city, id=city.id) for city in CATALOGUE.jurisdictions.values()]


def _every_referral(city: Jurisdiction) -> Iterator[tuple[str, str | None]]:
    """Yield whom each kind and owner sends people to, with the reason that they are told."""
    for kind in city.services.values():
        named = kind.referrals or ((ReferralRule(kind.lead),) if kind.is_outside else ())
        for referral in named:
            yield kind.code, referral.reason or city.agencies[referral.agency].reason
        if kind.hazard_lead is not None:
            yield kind.code, HAZARD_NOW
    for neighbour in city.neighbours.values():
        yield neighbour.code, neighbour.reason


@pytest.mark.parametrize("city", CITIES)
def test_everybody_who_is_sent_elsewhere_is_told_why(city: Jurisdiction) -> None:
    silent = [code for code, reason in _every_referral(city) if reason not in city.referral_reasons]

    assert silent == []


@pytest.mark.parametrize("city", CITIES)
def test_a_hazard_of_every_kind_has_a_bureau_of_the_city(city: Jurisdiction) -> None:
    assert [k.code for k in city.services.values() if not (k.city_lead or k.hazard_lead)] == []


def test_a_hazard_reaches_a_bureau_at_any_hour() -> None:
    leads = {k.hazard_lead for k in PORTLAND.services.values() if k.hazard_lead}

    assert leads
    assert all(PORTLAND.bureaus[code].hours.always for code in leads)


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("danger", DANGERS)
def test_no_report_of_a_danger_ends_as_a_bare_referral(city: Jurisdiction, danger: str) -> None:
    of_the_city = POLICY.cities[city.id]
    reports = {
        kind.code: assess(StatedParts(description=danger), kind, of_the_city)
        for kind in city.services.values()
    }

    assert {one.priority.level for one in reports.values()} <= URGENT_LEVELS
    assert [
        code for code, one in reports.items() if one.referral and one.referral.replaces_city
    ] == []


def test_no_reason_for_a_referral_lies_unused() -> None:
    used = {reason for _, reason in _every_referral(PORTLAND)} | {o.reason for o in PORTLAND.owners}

    assert set(PORTLAND.referral_reasons) - used == set()
