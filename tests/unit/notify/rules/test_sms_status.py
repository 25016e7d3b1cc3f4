from itertools import permutations

import pytest

from services.notify.channels.sms.rules import settled_state
from services.notify.rules.updates import settled_from


@pytest.mark.parametrize("before", ["sending", "sent", "unknown", "suppressed"])
@pytest.mark.parametrize(
    ("statuses", "after_unknown"),
    [
        (("queued", "sent", "delivered"), "sent"),
        (("queued", "sent", "undelivered"), "failed"),
    ],
)
def test_statuses_in_any_order_and_again_settle_the_same(
    before: str, statuses: tuple[str, ...], after_unknown: str
) -> None:
    def settled(order: tuple[str, ...]) -> str:
        state = before
        for status in order:
            new = settled_state(status)
            state = new if new and state in settled_from(new) else state
        return state

    ends = {settled(order * 2) for order in permutations(statuses)}
    may_settle = before == "unknown" or (before == "sent" and after_unknown == "failed")
    assert ends == {after_unknown if may_settle else before}
