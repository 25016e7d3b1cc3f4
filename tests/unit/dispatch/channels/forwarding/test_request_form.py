"""What of a work order goes to another system."""

from typing import Any

import pytest

from services.dispatch.channels.forwarding.open311_client import request_form
from services.dispatch.outbound import work_order_state
from shared.catalogue import Open311Forward
from shared.contract.events import WorkOrder
from tests.support.builders import location
from tests.support.dispatch.factories import case, problem

TO = Open311Forward("https://311.example.gov/v2", "example.gov", {"POTHOLE": "17"}, "KEY")


def work_order(**of_problem: Any) -> WorkOrder:
    of = case(problem=problem(**of_problem))
    return work_order_state(of, of.orders[0])


def test_kind_place_and_words_go_out_with_our_reference_and_no_picture() -> None:
    order = work_order(
        location=location(address="12 Main St", details="left lane"),
        attributes={"size": "large", "lanes": ["left", "right"]},
    )

    assert request_form(order, TO) == {
        "jurisdiction_id": "example.gov",
        "service_code": "17",
        "lat": "45.518900",
        "long": "-122.679300",
        "address_string": "12 Main St",
        "description": (
            "Deep hole\n\nleft lane\n\nsize: large\nlanes: left, right\n\n"
            f"Reference: {order.work_order_id}"
        ),
    }


@pytest.mark.parametrize("precision", ["default", "none"])
def test_a_point_that_stands_for_unknown_is_not_sent(precision: str) -> None:
    form = request_form(work_order(location=location(precision=precision)), TO)

    assert not {"lat", "long"} & form.keys()
