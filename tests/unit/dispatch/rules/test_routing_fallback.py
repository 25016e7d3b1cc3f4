from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.deadlines import WorkOrderDeadline
from services.dispatch.rules.routing import next_lead
from services.dispatch.rules.work_order_updates import Reassignment, transfer_order
from tests.support.builders import NOON
from tests.support.dispatch.factories import HOUR, case, order, update

DESK = "DESK"
BUREAUS = ("ROADS", "WATER", "PARKS", "POLICE", DESK)
CODES = st.sampled_from(BUREAUS)
MAYBE = st.none() | CODES
CASES = st.builds(
    lambda lead, others: case(
        *(order(code, role="informed", status=status) for code, status in others), order(lead)
    ),
    CODES,
    st.lists(
        st.tuples(CODES, st.sampled_from(["issued", "in_progress", "completed", "declined"])),
        max_size=3,
        unique_by=lambda pair: pair[0],
    ),
)


def declined(of: Case, to: str) -> Case:
    """The case after its lead declined it and another bureau took over."""
    new_order = Reassignment(f"wo-{len(of.orders)}", WorkOrderDeadline(NOON, NOON + HOUR))
    after, _ = transfer_order(of, of.lead, update(of.lead, "declined", reason="no"), to, new_order)
    return after


@given(of=CASES, candidates=st.lists(MAYBE, max_size=3))
def test_a_declined_case_has_a_lead_again_unless_the_desk_declined_it(
    of: Case, candidates: Sequence[str | None]
) -> None:
    taker = next_lead(of, candidates, DESK)

    assert (taker is None) == (of.lead_bureau == DESK)
    assert taker != of.lead_bureau


@given(of=CASES, named=st.lists(st.tuples(MAYBE, MAYBE), min_size=6, max_size=6))
def test_however_bureaus_name_each_other_the_desk_is_reached_and_nobody_is_asked_twice(
    of: Case, named: Sequence[tuple[str | None, str | None]]
) -> None:
    leads = [of.lead_bureau]
    for candidates in named:
        taker = next_lead(of, candidates, DESK)
        if taker is None:
            break
        of = declined(of, taker)
        leads.append(of.lead_bureau)

    assert leads[-1] == DESK
    assert len(set(leads)) == len(leads)


@pytest.mark.parametrize(
    ("orders", "candidates", "taker"),
    [
        pytest.param([order("ROADS")], ["WATER", "POLICE"], "WATER", id="the first"),
        pytest.param([order("ROADS")], [None, "ROADS", "POLICE"], "POLICE", id="not itself"),
        pytest.param([order("ROADS")], [], DESK, id="nobody is named"),
        pytest.param(
            [order("WATER", status="transferred"), order("ROADS")],
            ["WATER"],
            DESK,
            id="no way back",
        ),
        pytest.param(
            [order(DESK, status="transferred"), order("ROADS")], [], DESK, id="back to the desk"
        ),
        pytest.param(
            [order("WATER", role="informed", status="completed"), order("ROADS")],
            ["WATER"],
            "WATER",
            id="informed and done",
        ),
        pytest.param([order(DESK)], ["WATER"], None, id="the desk itself"),
    ],
)
def test_the_first_bureau_that_did_not_give_the_work_away_leads(
    orders: Sequence[CaseWorkOrder], candidates: Sequence[str | None], taker: str | None
) -> None:
    assert next_lead(case(*orders), candidates, DESK) == taker


def test_without_a_desk_the_last_candidate_is_the_end() -> None:
    of = case(order("WATER", status="declined"), order("ROADS"))

    assert next_lead(of, ["WATER"], None) is None
