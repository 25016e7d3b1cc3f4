"""Fallback of a declined case: the bureau that leads after a lead that will not do the work."""

from collections.abc import Iterable

from services.dispatch.rules.case import Case
from shared.vocabulary import WorkOrderStatus

_GIVEN_AWAY: frozenset[WorkOrderStatus] = frozenset({"declined", "transferred"})


def next_lead(case: Case, candidates: Iterable[str | None], desk: str | None) -> str | None:
    """Return the bureau that leads a case after its lead declined it; None when none is left.

    A bureau that gave work on the case away before does not get it back, so that no case goes
    round in circles: each decline leaves fewer bureaus, and the desk is the last. What the desk
    declines is declined for good.

    Args:
        candidates: Codes of bureaus in the order of preference; None is skipped.
        desk: Code of the bureau that finds out whose a problem is; None where a city has none.
    """
    lead = case.lead_bureau
    if lead == desk:
        return None
    declined = {order.bureau for order in case.orders if order.status in _GIVEN_AWAY} | {lead}
    return next((code for code in candidates if code and code not in declined), desk)
