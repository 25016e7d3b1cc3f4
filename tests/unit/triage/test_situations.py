"""Reports at one place that are, and that are not, one problem, by Portland's rules."""

from datetime import timedelta
from typing import Any

import pytest

from services.triage.decisions.assessment import assess_report
from services.triage.decisions.resolution import Resolution, resolve
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import load_catalogue
from shared.contract.events import LikelyKind, SubmittedRequest
from tests.support.builders import NOON, location, request

CATALOGUE = load_catalogue()
CITY = CATALOGUE.jurisdictions["portland.gov"]
POLICY = TriagePolicy(CATALOGUE)


def said(text: str, kind: str = "OTHER", *likely: str, **changes: Any) -> SubmittedRequest:
    """Return a report at one point of the city."""
    fields: dict[str, Any] = {
        "jurisdiction": CITY.id,
        "service_code": kind,
        "dedup_group": CITY.services[kind].dedup.group,
        "description": text,
        "kinds": tuple(LikelyKind(service_code=c, name=c, probability=0.3) for c in likely),
        "unsure": kind == "OTHER",
        "location": location(municipality=CITY.id),
    }
    return request(**(fields | changes))


def resolved(*reports: SubmittedRequest, hours: int = 1) -> Resolution:
    """Return the resolution of the last of several reports, some hours apart."""
    index, results = CaseIndex(), []
    for number, report in enumerate(reports):
        at = NOON + timedelta(hours=number * hours)
        timed = report.model_copy(update={"submitted_at": at, "observed_at": at})
        results.append(resolve(assess_report(timed, POLICY), index))
    return results[-1]


def outcome(*reports: SubmittedRequest) -> str:
    return resolved(*reports).outcome


PARK: Any = {"location": location(address="Laurelhurst Park", precision="address")}
HOUSE: Any = {"location": location(address="1512 NE Oak St", municipality=CITY.id)}
CORNER: Any = {"location": location(address="SE 39th Ave & SE Hawthorne Blvd", precision="address")}
HOLE, CAR, DUMPED = ("ROW-POTHOLE",) * 2, ("VEH-ABANDONED",) * 2, ("TRASH-DUMPED",) * 2
ARABIC_HOLE = said("توجد حفرة كبيرة جدا في وسط الطريق", **PARK)
SPARKS = said("Loose cables are sparking above the path", **PARK)
PARTY = said("Noisy party next door, they keep us awake", **PARK)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(ARABIC_HOLE, SPARKS, id="a hole in Arabic and sparks in one park"),
        pytest.param(SPARKS, PARTY, id="sparks and a party in one park"),
        pytest.param(ARABIC_HOLE, PARTY, id="a hole in Arabic and a party in one park"),
        pytest.param(
            said("One swing is broken", **PARK),
            said("The drinking fountain leaks", **PARK),
            id="a swing and a fountain",
        ),
        pytest.param(
            said("Un cable suelto echa chispas junto a la puerta", **HOUSE),
            said("Our bins were never emptied", **HOUSE),
            id="a live wire and bins at one address",
        ),
        pytest.param(said("", **HOUSE), said("", **HOUSE), id="two reports without a word"),
        pytest.param(
            said("The loose awning at the gate is on fire", **HOUSE),
            said("The loose awning at the gate looks ugly", **HOUSE),
            id="a danger that only one of them names",
        ),
        pytest.param(
            said("White Toyota 482 KLM left here for weeks", *CAR),
            said("White Toyota 915 BRT left here for weeks", *CAR),
            id="two cars whose plates stand in the text",
        ),
    ],
)
def test_different_problems_at_one_place_become_two_cases(
    one: SubmittedRequest, other: SubmittedRequest
) -> None:
    assert outcome(one, other) == outcome(other, one) == "new"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            said("Pothole northbound by the gas station", *HOLE, **CORNER),
            said("Pothole eastbound by the bank", *HOLE, **CORNER),
            id="two directions of one crossing",
        ),
        pytest.param(
            said("The lamp at pole number 4471 is dark", "ROW-STREETLIGHT"),
            said("The lamp at pole number 4498 is dark", "ROW-STREETLIGHT"),
            id="two poles",
        ),
        pytest.param(
            said("A green sofa and two rugs lie behind the bakery", *DUMPED, **HOUSE),
            said("Somebody left car tires next to our fence", *DUMPED, **HOUSE),
            id="two heaps at one address in other words",
        ),
        pytest.param(
            said("Branches dumped in front of the garage", *DUMPED),
            said("Saquitos de escombro detrás de los contenedores", *DUMPED),
            id="two heaps in two languages",
        ),
        pytest.param(
            said("Pothole", *HOLE, **PARK),
            said("Hole in the path behind the tennis courts", *HOLE, **PARK),
            id="two holes somewhere in one park",
        ),
    ],
)
def test_what_the_texts_tell_apart_does_not_join(
    one: SubmittedRequest, other: SubmittedRequest
) -> None:
    assert outcome(one, other) in ("new", "possible_duplicate")
    assert outcome(other, one) in ("new", "possible_duplicate")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            said("One swing is broken, its seat is gone", **PARK),
            said("The seat of the swing is gone, it is broken", **PARK),
            id="a swing twice",
        ),
        pytest.param(
            said("Pothole northbound by the gas station", *HOLE, **CORNER),
            said("Huge pothole at the gas station, northbound side", *HOLE, **CORNER),
            id="a hole twice at one crossing",
        ),
        pytest.param(said("", *HOLE), said("Pothole", *HOLE), id="a hole with hardly a word"),
        pytest.param(
            said("Abandoned van, plate 482 KLM", *CAR),
            said("Camioneta abandonada", *CAR, attributes={"plate": "OR 482-KLM"}),
            id="a plate in the text and in the answer",
        ),
    ],
)
def test_one_problem_in_two_wordings_becomes_one_case(
    one: SubmittedRequest, other: SubmittedRequest
) -> None:
    assert outcome(one, other) == outcome(other, one) == "duplicate"


def test_an_unsure_report_returns_to_an_old_case_by_its_words_alone() -> None:
    swing = said("One swing is broken, its seat is gone", **HOUSE)
    again = said("The seat of the swing is gone, it is broken", **HOUSE)

    assert resolved(swing, again, hours=48).outcome == "recurrence"
    assert resolved(swing, said("Our bins stink", **HOUSE), hours=48).outcome == "new"
