"""``route311 bureau check``: what a bureau wrote to Kafka."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contract.events import UpdateReceipt, WorkOrder
from tests.support.builders import NOON
from tests.unit.workbench.demo.factories import work_order
from workbench.bureau.update_rules import judge_log
from workbench.bureau.updates_log import BureauLog, WrittenUpdate

ORDER = work_order(bureau="WATER", status="acknowledged")


def written(id_: str = "u-1", **changes: Any) -> WrittenUpdate:
    data = {"work_order_id": ORDER.work_order_id, "status": "completed", "expected_version": 2}
    fields: dict[str, Any] = {
        "source": "/bureau/water",
        "id": id_,
        "key": ORDER.case_id,
        "at": NOON,
        "data": data,
    }
    return WrittenUpdate(**(fields | changes))


def receipt(id_: str = "u-1", **changes: Any) -> UpdateReceipt:
    fields = {"update_id": id_, "update_source": "/bureau/water", "bureau": "WATER"}
    return UpdateReceipt(**(fields | {"changed": True} | changes))


def log(
    *updates: WrittenUpdate,
    receipts: tuple[UpdateReceipt, ...] = (receipt(),),
    order: WorkOrder = ORDER,
    unreadable: tuple[str, ...] = (),
) -> BureauLog:
    return BureauLog({order.work_order_id: order}, updates, unreadable, receipts)


REFUSED = receipt(changed=False, code="transition_not_allowed")
CONFLICT = receipt(changed=False, code="version_conflict")
UNVERSIONED = {"work_order_id": ORDER.work_order_id, "status": "completed"}


@pytest.mark.parametrize(
    ("found", "code", "is_wrong"),
    [
        pytest.param(log(written(), receipts=(REFUSED,)), REFUSED.code, True, id="refused"),
        pytest.param(log(written(), receipts=(CONFLICT,)), CONFLICT.code, False, id="conflict"),
        pytest.param(log(written(), unreadable=("undecodable_event",)), "undecodable_event", True),
        pytest.param(log(written(), written(data={"else": 1})), "id_reused", True),
        pytest.param(log(written(), receipts=()), "missing_receipt", True),
        pytest.param(log(written(key="x")), "record_key", False),
        pytest.param(
            log(
                *(written(f"u-{n}", data=UNVERSIONED) for n in range(5)),
                receipts=tuple(receipt(f"u-{n}") for n in range(5)),
            ),
            "no_expected_version",
            False,
        ),
        pytest.param(
            log(order=ORDER.model_copy(update={"status": "issued"}), receipts=()),
            "not_acknowledged",
            True,
        ),
    ],
)
def test_each_fault_is_named_alone(found: BureauLog, code: str, is_wrong: bool) -> None:
    [finding] = judge_log(found, NOON + timedelta(days=30))

    assert (finding.code, finding.is_wrong) == (code, is_wrong)


def test_of_a_good_bureau_nothing_is_said() -> None:
    assert judge_log(log(written()), NOON + timedelta(days=30)) == []


def test_an_update_that_was_just_written_may_wait_for_its_receipt() -> None:
    assert judge_log(log(written(), receipts=()), NOON) == []
