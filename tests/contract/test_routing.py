"""Routing of the built-in catalogue: complete, without dead rules, and as its table says."""

import csv
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cli.routing.checks import issues_of
from docs._tools.routing_page import ROUTING_PAGE, routing_page
from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.routing import CaseRoute, route
from shared.catalogue import ServiceType, load_catalogue
from tests.support.paths import DATA

POLICY = DispatchPolicy.of(load_catalogue())
CITIES = [pytest.param(city, id=city) for city in POLICY.catalogue.jurisdictions]
PORTLAND = POLICY.catalogue.jurisdictions["portland.gov"]
NIGHT = datetime(2026, 11, 22, 2, tzinfo=ZoneInfo(PORTLAND.timezone))
TABLE = DATA.parent / "design" / "portland_catalogue.csv"
PHONE = re.compile(r"\d{3}-\d{3}-\d{4}")
UNATTENDED = {"503-823-7309"}
"""A machine that takes down plates; the case itself waits for the office."""


@pytest.mark.parametrize("city", CITIES)
def test_no_rule_kind_or_bureau_is_left_without_its_part(city: str) -> None:
    assert issues_of(POLICY.catalogue.jurisdictions[city], POLICY) == []


def test_the_page_has_the_table_of_the_catalogue() -> None:
    page = ROUTING_PAGE.read_text()

    assert page == routing_page(page), "run make schemas"


@pytest.mark.skipif(not TABLE.exists(), reason="Portland's table is not here")
def test_at_night_every_kind_goes_where_the_citys_table_says() -> None:
    wrong = []
    for row in csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()):
        kind, says = PORTLAND.services[row["service_code"]], row["after_hours_route"]
        level = "P2" if " if urgent" in says else kind.priority
        found = route(POLICY.routing_context(PORTLAND, kind, level, NIGHT), PORTLAND.routing)
        assert found is not None
        if says == "queue":
            fits = found.lead.bureau in (kind.city_lead, kind.hazard_lead)
        else:
            fits = bool(_named(says) & _reached(kind, found)) or not _named(says)
        if not fits:
            wrong.append(kind.code)

    assert wrong == []


def _named(says: str) -> set[str]:
    """Return the bureaus and telephone numbers in a cell of the table."""
    words = set(re.findall(r"[A-Z]+(?:-[A-Z]+)*", says))
    return (words & PORTLAND.bureaus.keys()) | set(PHONE.findall(says)) - UNATTENDED


def _reached(kind: ServiceType, found: CaseRoute) -> set[str | None]:
    """Return the bureaus and telephone numbers that a report gets to."""
    bureaus = [PORTLAND.bureaus[one.bureau] for one in found.all]
    phones = {PORTLAND.agencies[one.agency].phone for one in kind.referrals}
    return phones | {one for bureau in bureaus for one in (bureau.code, bureau.phone)}
