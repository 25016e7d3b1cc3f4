from dataclasses import replace
from datetime import datetime

import pytest

from services.dispatch.inbound import incoming_request
from services.dispatch.policy import NoBureauError
from services.dispatch.rules.case_requests import IncomingRequest
from services.dispatch.rules.deadlines import DeadlinePolicy
from shared.catalogue import ServiceType
from shared.contract.events import (
    Decision,
    Duplicate,
    LikelyKind,
    Location,
    Media,
    Priority,
    PriorityReason,
)
from shared.vocabulary import ScoreReason
from tests.support.builders import NOON, decision, location, priority
from tests.support.dispatch.factories import (
    CITY,
    HOUR,
    OPEN_TIME,
    POLICY,
    case,
    harbour_request,
    local,
    order,
)

BY_DAY = local("2026-03-03 10:00")
AT_NIGHT = local("2026-03-03 23:00")


def incoming(of: Decision, now: datetime = BY_DAY) -> IncomingRequest:
    return incoming_request(of, "case-1", None, POLICY, now)


def test_a_request_arrives_with_what_triage_decided_about_it() -> None:
    urgent = Priority(
        level="P2",
        score=60,
        reasons=(PriorityReason(code="swerving", points=15, evidence="swerving"),),
    )
    of = decision(harbour_request(), priority=urgent)

    found = incoming(of)

    assert (found.request.request_id, found.request.tracking_number) == (
        of.request_id,
        of.tracking_number,
    )
    assert (found.jurisdiction, found.dedup_group) == ("harbour.gov", "pavement")
    assert (found.request.priority.level, found.request.priority.score) == ("P2", 60)
    assert found.request.priority.reasons == (ScoreReason("swerving", 15, "swerving"),)


def test_what_triage_says_it_is_counts_and_not_what_it_was_called() -> None:
    found = incoming(decision(harbour_request(service_code="OTHER"), service_code="SINKHOLE"))

    assert found.request.service_code == "SINKHOLE"
    assert found.request.problem.service_name == "Sinkhole"
    assert found.request.problem.notes == ("Call the owner of the main",)
    assert found.route.lead.bureau == "DESK"


def test_where_nobody_knows_the_place_the_desk_of_other_reports_leads() -> None:
    of = decision(harbour_request(location=Location(precision="none")), service_code="SINKHOLE")
    kind = CITY.services["SINKHOLE"]
    anywhere = replace(kind, needs=replace(kind.needs, location=False))

    def lead_of(changed: ServiceType) -> str:
        city = replace(CITY, services={**CITY.services, kind.code: changed})
        policy = replace(POLICY, catalogue=replace(POLICY.catalogue, jurisdictions={city.id: city}))
        return incoming_request(of, "case-1", None, policy, BY_DAY).route.lead.bureau

    found = incoming(of)

    assert [(one.bureau, one.rule) for one in found.route.all][:2] == [
        ("ROADS", "no-place-to-desk"),
        ("DESK", "regular-lead"),
    ]
    assert lead_of(anywhere) == "DESK"
    assert lead_of(replace(anywhere, emergency="gas")) == "ROADS"


def test_deadlines_count_from_the_submission_by_the_kind_that_it_is() -> None:
    found = incoming(
        decision(harbour_request(submitted_at=NOON - HOUR, observed_at=NOON - 9 * HOUR))
    )

    assert found.request.reported_at == NOON - HOUR
    assert found.deadline_policy == DeadlinePolicy(OPEN_TIME, "P4", 720, NOON - HOUR)


def test_the_hours_of_the_bureau_that_leads_the_case_count() -> None:
    of = decision(harbour_request(submitted_at=NOON))
    led_by_the_desk = case(order("DESK"))

    opens, joins = (
        incoming_request(of, "case-1", one, POLICY, BY_DAY) for one in (None, led_by_the_desk)
    )

    assert opens.deadline_policy.open_time.hours == CITY.bureaus["ROADS"].hours
    assert joins.deadline_policy.open_time.hours.always


def test_a_bureau_reads_the_problem_in_the_reporters_words_and_nothing_of_the_reporter() -> None:
    picture = Media(url="https://example.org/1.jpg")
    request = harbour_request(
        description=" Deep hole ",
        location=location(details="by the stop"),
        attributes={"size": "large"},
        media=(picture,),
        reporter_ref="0123456789abcdef",
    )

    problem = incoming(decision(request)).request.problem

    assert problem.summary == "Deep hole"
    assert problem.location == request.location
    assert request.location.details == "by the stop"
    assert problem.attributes == {"size": "large"}
    assert problem.media == (picture,)
    assert "0123456789abcdef" not in repr(problem)


def test_without_words_the_name_of_the_kind_is_the_summary() -> None:
    assert incoming(decision(harbour_request(description=" "))).request.problem.summary == "Pothole"


@pytest.mark.parametrize(
    ("now", "lead"), [pytest.param(BY_DAY, "PARKS"), pytest.param(AT_NIGHT, "RANGERS")]
)
def test_who_can_be_reached_is_judged_by_the_present_hour(now: datetime, lead: str) -> None:
    of = decision(harbour_request(service_code="PARK-HAZARD"), priority=priority("P1", 80))

    assert incoming(of, now).route.lead.bureau == lead


@pytest.mark.parametrize(
    ("conditions", "informed"),
    [
        pytest.param(("tents",), {"OUTREACH", "DESK"}, id="conditions met"),
        pytest.param((), {"DESK"}, id="none met"),
        pytest.param(None, {"DESK"}, id="a decision without the field"),
    ],
)
def test_bureaus_are_informed_by_the_conditions_of_the_decision_and_of_the_kind(
    conditions: tuple[str, ...] | None, informed: set[str]
) -> None:
    of = decision(
        harbour_request(service_code="SIDEWALK", description="A tent"), conditions=conditions
    )

    assert {a.bureau for a in incoming(of).route.informed} == informed


def test_a_case_is_linked_to_the_earlier_one_and_never_to_itself() -> None:
    def of(case_id: str) -> Decision:
        duplicate = Duplicate(of_case=case_id, of_request="r", confidence=1, hours_apart=1)
        return decision(harbour_request(), duplicate=duplicate, case_id="case-1")

    assert incoming(of("case-0")).linked_case == "case-0"
    assert incoming(of("case-1")).linked_case is None
    assert incoming(decision(harbour_request())).linked_case is None
    assert incoming(of("case-1")).request.match == of("case-1").duplicate


def test_a_kind_in_which_the_city_has_no_part_cannot_open_a_case() -> None:
    with pytest.raises(NoBureauError):
        incoming(decision(harbour_request(service_code="TRANSIT")))


def test_a_request_brings_its_dangers_and_where_it_is_unsure_its_likely_kinds() -> None:
    likely = (LikelyKind(service_code="SINKHOLE", name="Sinkhole", probability=0.4),)
    unsure = harbour_request(service_code="OTHER", kinds=likely, unsure=True)
    sure = harbour_request(service_code="POTHOLE", kinds=likely)

    found = incoming(decision(unsure, service_code="OTHER", danger=("fire",))).request.problem
    as_case = incoming(decision(unsure, service_code="SINKHOLE")).request.problem

    assert (found.dangers, found.kinds, found.unsure) == (("fire",), likely, True)
    assert (as_case.kinds, as_case.unsure) == ((), False)
    assert incoming(decision(sure)).request.problem.kinds == ()
