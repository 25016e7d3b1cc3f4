from dataclasses import replace
from itertools import product
from typing import Any, get_args

import pytest

from services.dispatch.rules.case import CaseWorkOrder
from services.dispatch.rules.work_order_updates import (
    ALLOWED_TRANSITIONS,
    BureauUpdate,
    UpdateContext,
    is_repeat,
    validate_update,
)
from shared.vocabulary import FINAL_STATUSES, UpdateRefusalCode, UpdateStatus, WorkOrderStatus
from tests.support.builders import NOON
from tests.support.dispatch.factories import HOUR, order, update

FROM: dict[str, str] = {
    "issued": "acknowledged scheduled in_progress completed declined transferred",
    "acknowledged": ("scheduled in_progress waiting_for_resident completed declined transferred"),
    "scheduled": ("scheduled in_progress waiting_for_resident completed declined transferred"),
    "in_progress": "waiting_for_resident scheduled completed declined transferred",
    "waiting_for_resident": "in_progress scheduled completed declined transferred",
    "completed": "",
    "declined": "",
    "transferred": "",
    "withdrawn": "",
}
PAIRS = [*product(get_args(WorkOrderStatus), get_args(UpdateStatus))]


def complete_update(of: CaseWorkOrder, status: str, **changes: Any) -> BureauUpdate:
    """An update with every field that its status needs."""
    fields = {"reason": "not ours", "transfer_to": "WATER", "scheduled_for": NOON + 48 * HOUR}
    return update(of, status, **(fields | changes))


def refusal_code(
    sent: BureauUpdate, of: CaseWorkOrder, *, sender: str = "ROADS"
) -> UpdateRefusalCode | None:
    context = UpdateContext(of, version=3, sender=sender, bureaus={"ROADS", "WATER"})
    refusal = validate_update(sent, context)
    return refusal.code if refusal else None


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_work_order_changes_only_as_the_table_allows(before: WorkOrderStatus, after: str) -> None:
    of = order(status=before)
    allowed = after in FROM[before].split()
    is_same = before == after

    assert refusal_code(complete_update(of, after), of) == (
        None if allowed or is_same else "transition_not_allowed"
    )


def test_the_table_knows_every_status_and_what_is_final_leads_nowhere() -> None:
    assert set(ALLOWED_TRANSITIONS) == set(get_args(WorkOrderStatus))
    assert {status for status, after in ALLOWED_TRANSITIONS.items() if not after} == FINAL_STATUSES


@pytest.mark.parametrize("status", get_args(UpdateStatus))
def test_the_present_status_once_more_is_a_repeat(status: Any) -> None:
    of = order(status=status)

    assert is_repeat(update(of, status), of)
    assert refusal_code(complete_update(of, status, scheduled_for=None), of) is None


@pytest.mark.parametrize(
    ("stored_date", "new_date", "repeats"),
    [
        pytest.param(NOON, NOON, True, id="the same date"),
        pytest.param(NOON, None, True, id="no date"),
        pytest.param(NOON, NOON + HOUR, False, id="another date"),
        pytest.param(None, NOON, False, id="a first date"),
    ],
)
def test_another_date_for_scheduled_work_is_no_repeat(
    stored_date: Any, new_date: Any, repeats: bool
) -> None:
    of = order(status="scheduled", scheduled_for=stored_date)

    assert is_repeat(update(of, "scheduled", scheduled_for=new_date), of) is repeats


def test_another_status_is_no_repeat() -> None:
    of = order(status="in_progress")

    assert not is_repeat(update(of, "completed"), of)
    assert not is_repeat(update(of, "scheduled"), of)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"status": "declined", "reason": None}, "missing_reason", id="no reason"),
        pytest.param({"status": "declined", "reason": " \n"}, "missing_reason", id="blank reason"),
        pytest.param({"status": "declined", "reason": "not ours"}, None, id="a reason"),
        pytest.param(
            {"status": "transferred", "transfer_to": None}, "missing_transfer_to", id="to nobody"
        ),
        pytest.param(
            {"status": "transferred", "transfer_to": " "}, "missing_transfer_to", id="to a blank"
        ),
        pytest.param(
            {"status": "transferred", "transfer_to": "MOON"}, "unknown_bureau", id="to a stranger"
        ),
        pytest.param(
            {"status": "transferred", "transfer_to": "ROADS"},
            "transition_not_allowed",
            id="to itself",
        ),
        pytest.param({"status": "transferred", "transfer_to": "WATER"}, None, id="to another"),
        pytest.param({"expected_version": 3}, None, id="the version that it knows"),
        pytest.param({"expected_version": 2}, "version_conflict", id="an older version"),
        pytest.param({"expected_version": 4}, "version_conflict", id="a version to come"),
        pytest.param({"bureau": "WATER"}, "not_your_work_order", id="in another's name"),
    ],
)
def test_an_update_is_refused_by_the_rule_that_it_breaks(
    changes: dict[str, Any], code: UpdateRefusalCode | None
) -> None:
    of = order()

    assert refusal_code(replace(complete_update(of, "acknowledged"), **changes), of) == code


def test_nobody_speaks_about_another_bureaus_work_order_by_its_own_topic_or_name() -> None:
    of = order()

    assert (
        refusal_code(complete_update(of, "completed"), of, sender="WATER") == "not_your_work_order"
    )
    assert (
        refusal_code(complete_update(of, "completed", bureau="WATER"), of, sender="WATER")
        == "not_your_work_order"
    )


def test_of_several_faults_the_first_in_order_is_named() -> None:
    of = order(status="completed")
    all_wrong = update(of, "transferred", bureau="WATER", expected_version=1)
    corrections: list[dict[str, Any]] = [
        {},
        {"bureau": "ROADS"},
        {"expected_version": 3},
        {"transfer_to": "MOON"},
        {"transfer_to": "WATER"},
    ]
    codes = []
    for correction in corrections:
        all_wrong = replace(all_wrong, **correction)
        codes.append(refusal_code(all_wrong, of))

    assert codes == [
        "not_your_work_order",
        "version_conflict",
        "missing_transfer_to",
        "unknown_bureau",
        "transition_not_allowed",
    ]


def test_an_outdated_update_is_told_so_before_it_is_asked_for_a_reason() -> None:
    of = order()

    assert refusal_code(update(of, "declined", expected_version=1), of) == "version_conflict"


def test_a_refused_change_says_what_would_be_allowed() -> None:
    of = order(status="in_progress")
    context = UpdateContext(of, version=1, sender="ROADS", bureaus=())

    refusal = validate_update(update(of, "acknowledged"), context)

    assert refusal is not None
    assert "waiting_for_resident, scheduled, completed, declined, transferred" in refusal.message
