import json
from dataclasses import replace
from typing import Any, cast

from services.dispatch.rules.case import KnownPriority
from services.dispatch.store.rows import case_of, new_case_row, request_of, request_row
from shared.contract.events import LikelyKind, Media, new_id
from tests.support.builders import location
from tests.support.dispatch.factories import case, case_priority, case_request, problem

PROBLEM = problem(
    summary="Socavón profundo",
    notes=("Call first",),
    location=location(accuracy_m=5, details="by the “stop”"),
    attributes={"lanes": ["left", "right"], "n": 2},
    media=(Media(url="https://example.org/1.jpg"),),
    dangers=("fire", "gas"),
    kinds=(LikelyKind(service_code="SINKHOLE", name="Sinkhole", probability=0.4),),
    unsure=True,
)


def test_a_case_is_the_same_after_it_was_a_row() -> None:
    known = KnownPriority("P1", frozenset({"crime", "swerving"}))
    stored = case(
        problem=PROBLEM,
        priority=case_priority("P2", 60, "swerving"),
        linked_case=new_id(),
        lowered_from=known,
        summary_priority=case_priority("P3", 40, "swerving"),
    )
    row: Any = new_case_row(stored)

    assert case_of(row, stored.orders) == stored
    earlier = row | {"lowered_from": None, "summary_priority": None}
    assert case_of(earlier, ()) == replace(
        stored, lowered_from=None, summary_priority=None, orders=()
    )


def test_a_request_is_the_same_after_it_was_a_row() -> None:
    stored = case_request(new_id(), new_id(), problem=PROBLEM, moves=2)

    assert request_of(cast("Any", request_row(stored))) == stored


def test_location_and_media_keep_their_bytes_in_a_row() -> None:
    stored: Any = case_of(cast("Any", new_case_row(case(problem=PROBLEM))), ()).problem
    problem: Any = PROBLEM

    assert stored.location.model_dump_json() == problem.location.model_dump_json()
    assert [m.model_dump_json() for m in stored.media] == [
        m.model_dump_json() for m in problem.media
    ]


def test_a_problem_from_before_has_no_danger_and_a_sure_kind() -> None:
    row: Any = request_row(case_request(new_id(), new_id(), problem=PROBLEM))
    earlier = json.loads(row["request"])
    for name in ("dangers", "kinds", "unsure"):
        del earlier["problem"][name]

    found = request_of(cast("Any", row | {"request": json.dumps(earlier)})).problem

    assert (found.dangers, found.kinds, found.unsure) == ((), (), False)
