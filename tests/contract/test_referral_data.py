"""Referrals of the built-in catalogue: each has its reason, and a hazard has a bureau."""

from collections.abc import Iterator

import pytest

from shared.catalogue import Jurisdiction, ReferralRule, load_catalogue
from shared.catalogue.jurisdiction import HAZARD_NOW

CATALOGUE = load_catalogue()
PORTLAND = CATALOGUE.jurisdictions["portland.gov"]
BOSTON = CATALOGUE.jurisdictions["boston.gov"]
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


def test_no_reason_for_a_referral_lies_unused() -> None:
    used = {reason for _, reason in _every_referral(PORTLAND)} | {o.reason for o in PORTLAND.owners}

    assert set(PORTLAND.referral_reasons) - used == set()
