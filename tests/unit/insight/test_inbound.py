from typing import Any

import pytest

from services.insight.inbound import collect_updates
from shared.contract.events import (
    CaseKindChange,
    CaseKindChanged,
    CasePlaceChange,
    CasePlaceChanged,
    Event,
    new_id,
)
from tests.support.builders import NOON, case_with_request, location
from tests.support.insight.events import attached


def correction(**changes: Any) -> dict[str, Any]:
    case = case_with_request().model_dump()
    return case | {"location": location(), "opened_by": case["request_id"]} | changes


KIND = CaseKindChange(
    **correction(previous_service_code="ROW-DEBRIS", previous_dedup_group="debris")
)
PLACE = CasePlaceChange(**correction(previous_location=location()))


@pytest.mark.parametrize(
    ("event", "is_corrected"),
    [
        (CaseKindChanged.of(KIND, now=NOON), True),
        (CasePlaceChanged.of(PLACE, now=NOON), True),
        (attached(new_id(), new_id(), 2), False),
    ],
)
def test_an_operator_corrects_a_case_by_its_kind_and_its_place(
    event: Event, is_corrected: bool
) -> None:
    [version] = collect_updates([event]).changes.values()

    assert version.corrected == is_corrected
