import pytest

from services.triage.rules.referral import AgencyReferral, referral_for
from shared.catalogue import load_catalogue
from shared.vocabulary import PriorityLevel
from tests.support.triage.factories import CITY

PORTLAND = load_catalogue().jurisdictions["portland.gov"]


def referred(
    kind: str,
    municipality: str | None = "rivertown.gov",
    *met: str,
    level: PriorityLevel = "P4",
) -> tuple[str, bool] | None:
    stated = dict.fromkeys(met, "words")
    found = referral_for(CITY, CITY.services[kind], municipality, stated, level)
    return (found.agency.code, found.replaces_city) if found else None


@pytest.mark.parametrize("municipality", ["rivertown.gov", None])
def test_what_lies_in_the_city_or_nobody_knows_where_is_the_citys(municipality: str | None) -> None:
    assert referred("CAMP", municipality) is None


@pytest.mark.parametrize("municipality", ["hilltop", "unincorporated"])
def test_what_lies_with_a_neighbour_goes_to_the_neighbour_instead(municipality: str) -> None:
    assert referred("CAMP", municipality) == (municipality, True)
    assert referred("WIRE", municipality) == (municipality, True)


def test_a_neighbour_comes_with_name_phone_and_address() -> None:
    found = referral_for(CITY, CITY.services["CAMP"], "hilltop", {}, "P4")

    assert isinstance(found, AgencyReferral)
    agency = found.agency
    assert (agency.name, agency.phone) == ("City of Hilltop", "555-0100")
    assert agency.url == "https://hilltop.example.org"


def test_a_kind_that_is_about_no_place_stays_wherever_it_is_reported_from() -> None:
    assert referred("PERMIT", "hilltop") is None


def test_a_place_that_no_neighbour_claims_stays_with_the_city() -> None:
    assert referred("CAMP", "atlantis") is None


def test_an_outside_lead_acts_instead_where_no_bureau_is_informed() -> None:
    assert referred("TRANSIT") == ("EXT-TRANSIT", True)


def test_an_outside_lead_acts_beside_a_bureau_that_is_informed_without_condition() -> None:
    assert referred("WIRE") == ("EXT-UTILITY", False)


@pytest.mark.parametrize("met", [(), ("lane_blocked",)])
def test_a_bureau_that_is_informed_on_a_condition_does_not_lead(met: tuple[str, ...]) -> None:
    assert referred("BRIDGE", "rivertown.gov", *met) == ("EXT-COUNTY", True)


@pytest.mark.parametrize(
    ("met", "level"),
    [
        pytest.param("lane_blocked", "P2", id="a hazard of its kind"),
        pytest.param("fire", "P1", id="an emergency under any kind"),
    ],
)
def test_a_stated_hazard_is_made_safe_by_the_city_and_says_so(
    met: str, level: PriorityLevel
) -> None:
    assert referred("TRANSIT", "rivertown.gov", met, level=level) == ("EXT-TRANSIT", False)
    assert reason("TRANSIT", "rivertown.gov", met, level=level) == "hazard_now"


def test_a_generic_hazard_is_made_safe_under_every_kind() -> None:
    barking = PORTLAND.services["NOISE-BARKING"]
    found = referral_for(PORTLAND, barking, None, {"signal_out": "words"}, "P2")

    assert found
    assert not found.replaces_city


@pytest.mark.parametrize(
    ("kind", "municipality", "met", "level"),
    [
        pytest.param("TRANSIT", "rivertown.gov", (), "P2", id="urgent by its kind alone"),
        pytest.param("TRANSIT", "rivertown.gov", ("lane_blocked",), "P3", id="not urgent"),
        pytest.param("TRANSIT", "hilltop", ("lane_blocked",), "P2", id="on a neighbour's land"),
        pytest.param("BRIDGE", "rivertown.gov", ("fire",), "P1", id="no bureau for hazards"),
    ],
)
def test_without_a_hazard_on_its_own_land_the_city_stays_out(
    kind: str, municipality: str, met: tuple[str, ...], level: PriorityLevel
) -> None:
    found = referred(kind, municipality, *met, level=level)

    assert found
    assert found[1]


def test_where_the_city_leads_its_part_a_hazard_changes_nothing() -> None:
    assert reason("WIRE", "rivertown.gov", "lane_blocked", level="P1") == "utility_equipment"


def test_a_conditional_referral_needs_its_condition() -> None:
    assert referred("TREE") is None
    assert referred("TREE", "rivertown.gov", "power_line") == ("EXT-UTILITY", False)


def test_of_several_agencies_the_first_in_the_catalogue_is_named() -> None:
    assert referred("WIRE", "rivertown.gov", "sparking") == ("EXT-911", False)


def reason(
    kind: str,
    municipality: str | None = "rivertown.gov",
    *met: str,
    level: PriorityLevel = "P4",
) -> str | None:
    stated = dict.fromkeys(met, "words")
    found = referral_for(CITY, CITY.services[kind], municipality, stated, level)
    return found.reason.code if found and found.reason else None


@pytest.mark.parametrize(
    ("kind", "municipality", "met", "why"),
    [
        pytest.param("CAMP", "hilltop", (), "neighbour_city", id="a neighbour"),
        pytest.param("WIRE", "rivertown.gov", (), "utility_equipment", id="the agency's own"),
        pytest.param("WIRE", "rivertown.gov", ("fire",), "life_in_danger", id="911"),
        pytest.param("TREE", "rivertown.gov", ("power_line",), "state_land", id="of the referral"),
        pytest.param("TRANSIT", "rivertown.gov", (), None, id="none where none is given"),
        pytest.param("CAMP", "rivertown.gov", ("on_highway",), "state_land", id="the owner's"),
    ],
)
def test_a_referral_says_why(
    kind: str, municipality: str, met: tuple[str, ...], why: str | None
) -> None:
    assert reason(kind, municipality, *met) == why


def test_why_is_told_in_two_languages() -> None:
    found = referral_for(CITY, CITY.services["CAMP"], "hilltop", {}, "P4")

    assert found is not None
    assert found.reason is not None
    assert found.reason.text.es == "Está en la otra ciudad."


@pytest.mark.parametrize(
    ("kind", "met", "expected"),
    [
        pytest.param("CAMP", ("on_highway",), ("EXT-COUNTY", False), id="beside the city"),
        pytest.param("DEBRIS", ("on_highway",), None, id="no part in this kind"),
        pytest.param("LIGHT", ("in_a_yard",), ("EXT-OWNER", False), id="one of several conditions"),
        pytest.param("TREE", ("on_highway",), ("EXT-COUNTY", False), id="the first owner of two"),
        pytest.param("WIRE", ("on_highway",), ("EXT-COUNTY", False), id="before who always acts"),
        pytest.param(
            "WIRE", ("on_highway", "sparking"), ("EXT-911", False), id="after who acts on condition"
        ),
    ],
)
def test_the_owner_of_the_ground_acts_beside_the_city(
    kind: str, met: tuple[str, ...], expected: tuple[str, bool] | None
) -> None:
    assert referred(kind, "rivertown.gov", *met) == expected
