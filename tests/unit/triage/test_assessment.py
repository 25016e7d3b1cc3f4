import shutil
from pathlib import Path
from typing import Any

import pytest

from services.triage.decisions.assessment import (
    AssessedReport,
    InvalidRequestError,
    UnknownKindError,
    assess_report,
)
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.catalogue.evidence_file import EVIDENCE
from shared.contract.events import LikelyKind
from tests.support.builders import location
from tests.support.triage.factories import CATALOGUE_FOLDER, HERE, KEY, POLICY, at, in_rivertown


def assess(**changes: Any) -> AssessedReport:
    return assess_report(in_rivertown(**changes), POLICY)


def test_a_report_has_kind_place_and_event_time_of_its_request() -> None:
    request = in_rivertown()

    report = assess_report(request, POLICY).report

    assert (report.request_id, report.kind) == (request.request_id, "CAMP")
    assert (report.point, report.observed_at) == (HERE, request.observed_at)


@pytest.mark.parametrize("precision", ["point", "address", "street", "area"])
def test_a_point_that_means_something_is_the_place(precision: str) -> None:
    assert assess(location=at(HERE, precision=precision)).report.point == HERE


@pytest.mark.parametrize("precision", ["default", "none"])
def test_a_stand_in_is_no_place_and_cannot_be_repeated(precision: str) -> None:
    assessed = assess(location=at(HERE, precision=precision, address="12 Oak St"))

    assert (assessed.report.point, assessed.report.address) == (None, None)
    assert assessed.query is None


@pytest.mark.parametrize("missing", ["latitude", "longitude"])
def test_half_a_point_is_no_point(missing: str) -> None:
    assert assess(location=at(HERE, **{missing: None})).report.point is None


@pytest.mark.parametrize(
    ("precision", "key"),
    [("point", "12 oak st"), ("address", "12 oak st"), ("street", None), ("area", None)],
)
def test_an_address_is_a_place_only_when_it_is_exact(precision: str, key: str | None) -> None:
    place = location(latitude=None, longitude=None, precision=precision, address="12 Oak Street")

    assert assess(location=place).report.address == key


@pytest.mark.parametrize(
    ("changes", "searched"),
    [
        pytest.param({}, True, id="a place"),
        pytest.param({"service_code": "CAMP-VISIT"}, False, id="a kind without window"),
        pytest.param({"location": at(HERE, municipality="hilltop")}, False, id="a referral"),
        pytest.param({"service_code": "TRANSIT"}, False, id="a kind that is not the city's"),
        pytest.param({"service_code": "WIRE"}, True, id="a kind that is partly the city's"),
        pytest.param({"service_code": "LOST", "reporter_ref": "ana"}, True, id="a person"),
        pytest.param(
            {"service_code": "LOST", "location": at(HERE, precision="none")}, False, id="nobody"
        ),
    ],
)
def test_an_earlier_case_is_searched_only_where_there_can_be_one(
    changes: dict[str, Any], searched: bool
) -> None:
    assert bool(assess(**changes).query) is searched


def test_who_reported_counts_only_where_a_kind_of_the_group_has_no_place() -> None:
    camp, lost = assess(reporter_ref="ana"), assess(service_code="LOST", reporter_ref="ana")

    assert camp.report.reporter == lost.report.reporter == "ana"
    assert camp.query is not None
    assert lost.query is not None
    assert (camp.query.reporter, lost.query.reporter) == (None, "ana")


LIKELY = {"CAMP": 0.3, "HOLE": 0.01}


@pytest.fixture
def weighing(tmp_path: Path) -> TriagePolicy:
    """Policy of a city with evidence."""
    shutil.copytree(CATALOGUE_FOLDER, tmp_path / "catalogue")
    (tmp_path / "catalogue" / "rivertown.gov" / EVIDENCE).write_text(
        """
reach: 200 m
distance: {0: 60}
no_distance: 0
apart: {0: 0}
same_kind: 20
same_street: 0
accuracy: {trust: {0: 100 %}, vague: {street: 80 m, crossing: 100 m, place: 500 m}}
assets: {answers: [plate], same: 30, other: -40}
words: {share: {0: -30, 50 %: 40}, unsure: {0: 0, 40 %: 60}, common: [the river]}
default: {start: 0, duplicate: 50, possible: 30}
"""
    )
    return TriagePolicy(load_catalogue(tmp_path / "catalogue"))


@pytest.mark.parametrize(
    ("accuracy_m", "precision", "position_error_m"),
    [(None, "point", 0), (25, "point", 25), (25, "street", 80), (300, "street", 300)],
)
def test_a_point_is_off_by_what_is_said_of_it_and_by_its_precision_at_least(
    weighing: TriagePolicy, accuracy_m: float | None, precision: str, position_error_m: float
) -> None:
    place = at(HERE, accuracy_m=accuracy_m, precision=precision)

    report = assess_report(in_rivertown(location=place), weighing).report
    assert report.position_error_m == position_error_m


def test_rare_words_and_named_things_tell_reports_apart(weighing: TriagePolicy) -> None:
    request = in_rivertown(
        description="Campsites by the river, blue Dodge", attributes={"plate": "ABC 123"}
    )

    report = assess_report(request, weighing).report

    assert report.words == {"blue", "dodge"}
    assert report.kind_words == {"campsites"}
    assert report.particulars == {"plate:abc123"}
    unweighed = assess_report(request, POLICY).report
    assert (unweighed.words, unweighed.kind_words) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("address", "precision", "error_m"),
    [
        ("Laurelhurst Park", "address", 500),
        ("Elm Ave & Oak St", "address", 100),
        ("12 Oak St", "address", 0),
        ("Laurelhurst Park", "point", 0),
    ],
)
def test_the_point_of_an_address_without_a_house_number_is_the_centre_of_an_area(
    weighing: TriagePolicy, address: str, precision: str, error_m: float
) -> None:
    place = at(HERE, address=address, precision=precision)

    report = assess_report(in_rivertown(location=place), weighing).report
    assert report.position_error_m == error_m


def test_what_a_text_is_about_is_compared_later(weighing: TriagePolicy) -> None:
    likely = [LikelyKind(service_code=c, name=c, probability=p) for c, p in LIKELY.items()]
    request = in_rivertown(description="Sparks, northbound side", kinds=likely, unsure=True)

    report = assess_report(request, weighing).report

    assert report.likely_kinds == {"CAMP"}
    assert report.particulars == {"direction:n"}
    assert report.is_unsure
    assert assess_report(request, POLICY).report.dangers == {"live_electricity"}


def test_a_report_of_the_citys_other_kind_is_unsure_whoever_chose_it() -> None:
    assert [assess(service_code=code).report.is_unsure for code in ("OTHER", "CAMP")] == [
        True,
        False,
    ]


def test_the_key_is_that_of_the_partition() -> None:
    assert assess().new_case.key == KEY
    assert assess(dedup_group="older-name").new_case.key == "rivertown.gov:older-name"


def test_details_of_the_place_are_read_as_words() -> None:
    assessed = assess(location=at(HERE, details="tent in the right lane"))

    assert assessed.assessment.priority.level == "P2"


@pytest.mark.parametrize("changes", [{"jurisdiction": "atlantis.gov"}, {"service_code": "GONE"}])
def test_what_the_catalogue_does_not_know_is_refused_by_field(changes: dict[str, str]) -> None:
    with pytest.raises(UnknownKindError, match="jurisdiction, service_code"):
        assess(**changes)


@pytest.mark.parametrize("latitude", [91.0, float("nan"), float("-inf")])
def test_a_point_off_the_earth_is_refused_by_field(latitude: float) -> None:
    with pytest.raises(InvalidRequestError, match="location"):
        assess(location=at(HERE, latitude=latitude))


def test_an_id_that_is_none_is_refused_by_field() -> None:
    with pytest.raises(InvalidRequestError, match="request_id"):
        assess(request_id="17")
