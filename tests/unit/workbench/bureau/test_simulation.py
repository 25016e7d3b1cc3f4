from typing import Any

import pytest

from shared.contract.events import new_id
from tests.support.builders import NOON
from workbench.bureau.simulation import next_update


def order(status: str, role: str = "lead") -> dict[str, Any]:
    return {"work_order_id": new_id(), "status": status, "role": role}


@pytest.mark.parametrize(
    ("before", "role", "after"),
    [
        ("issued", "lead", "acknowledged"),
        ("acknowledged", "lead", "in_progress"),
        ("in_progress", "lead", "completed"),
        ("completed", "lead", None),
        ("withdrawn", "lead", None),
        ("issued", "informed", "acknowledged"),
        ("acknowledged", "informed", None),
    ],
)
def test_a_lead_works_until_the_end_and_who_is_informed_acknowledges(
    before: str, role: str, after: str | None
) -> None:
    update = next_update(order(before, role), 0, NOON)

    assert (update and update["status"]) == after


def test_a_share_of_the_work_is_declined_with_a_reason() -> None:
    updates = [next_update(order("acknowledged"), 0.5, NOON) for _ in range(200)]

    declined = [update for update in updates if update and update["status"] == "declined"]
    assert all(update["reason"] for update in declined)
    assert 50 < len(declined) < 150
