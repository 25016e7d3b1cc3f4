"""Hazards of outside agencies with the shipped catalogue: the city makes them safe."""

import pytest

from cli.explain.dry_run import decide, request_of_text
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import Decision
from tests.support.builders import NOON

CATALOGUE = load_catalogue()
POLICY = TriagePolicy(CATALOGUE)


def decided(text: str, kind: str | None = None, language: str | None = None) -> Decision:
    request = request_of_text(text, kind, "portland.gov", CATALOGUE, NOON, language)
    return decide(request, POLICY)


@pytest.mark.parametrize(
    ("text", "kind", "agency"),
    [
        ("dead deer in the travel lane of NE Sandy, cars swerve", "ROW-DEADANIMAL", "AS"),
        ("jeringas en el parque infantil", None, "METRO-RID"),
        ("ciervo muerto en medio del carril, los coches lo esquivan", "ROW-DEADANIMAL", "AS"),
    ],
)
def test_a_hazard_opens_a_case_and_names_the_agency_too(
    text: str, kind: str | None, agency: str
) -> None:
    decision = decided(text, kind)

    assert (decision.outcome, decision.priority.level) == ("new", "P2")
    assert decision.case_id
    assert decision.referral
    assert decision.referral.agency.endswith(agency)
    assert decision.referral.phone
    assert decision.referral.reason
    assert decision.referral.reason.code == "hazard_now"
    assert decision.referral.reason.text in decision.explanation[-1]


def test_the_reason_is_told_in_spanish() -> None:
    decision = decided("jeringas en el parque infantil", language="es")

    assert decision.referral
    assert decision.referral.reason
    assert decision.referral.reason.text.startswith("Esto puede lastimar a alguien ahora")


def test_a_hazard_that_names_no_agency_opens_a_case_as_before() -> None:
    decision = decided("ciervo muerto en medio del carril, los coches lo esquivan")

    assert (decision.outcome, decision.priority.level) == ("new", "P2")


def test_a_danger_that_is_for_911_is_recorded_too() -> None:
    decision = decided("La tapa está a punto de colapso, alguien se caerá dentro", "EMERG-911")

    assert (decision.outcome, decision.priority.level) == ("new", "P1")
    assert [advice.code for advice in decision.advice] == ["call_911"]
    assert decision.referral
    assert decision.referral.agency == "EXT-911"
    assert decision.referral.reason
    assert decision.referral.reason.code == "life_in_danger"


def test_a_danger_without_a_stated_hazard_is_for_911_alone() -> None:
    decision = decided("Please come", "EMERG-911")

    assert (decision.outcome, decision.priority.level) == ("referral", "P1")


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("dead raccoon at the curb", "EXT-MULTCO-AS"),
        ("dead cat on my lawn", "EXT-MULTCO-AS"),
        ("stray dog barking", "EXT-MULTCO-AS"),
    ],
)
def test_routine_work_of_an_agency_stays_a_referral(text: str, agency: str) -> None:
    decision = decided(text)

    assert (decision.outcome, decision.case_id) == ("referral", None)
    assert decision.referral
    assert decision.referral.agency == agency
    assert decision.referral.reason
    assert decision.referral.reason.code == "county_service"


def test_a_kind_that_is_urgent_by_itself_opens_no_case_without_a_stated_hazard() -> None:
    decision = decided("rust on the railing", "JUR-STATEBRIDGE")

    assert (decision.outcome, decision.priority.level) == ("referral", "P2")
