"""Rule: the message template that a decision or a case event triggers, if any."""

from collections.abc import Mapping

from services.notify.rules.model import TemplateName

_BY_OUTCOME: Mapping[str, TemplateName] = {"referral": "referred", "answered": "answered"}
_BY_STATUS: Mapping[str, TemplateName] = {
    "acknowledged": "acknowledged",
    "scheduled": "scheduled",
    "in_progress": "in_progress",
    "waiting_for_resident": "waiting_for_resident",
}
_BY_CLOSING_STATUS: Mapping[str, TemplateName] = {
    "completed": "completed",
    "declined": "declined",
    "referred": "referred",
}
ANSWERS: tuple[TemplateName, ...] = (
    "received",
    "attached",
    "already_closed",
    "referred",
    "answered",
    "outside_city",
)
"""Templates that answer a report; who unsubscribed gets them about what they report later."""


def on_decision(outcome: str) -> TemplateName | None:
    """Return the template for the reporter of a request without a case; None when it has one."""
    return _BY_OUTCOME.get(outcome)


def on_joining(case_status: str) -> TemplateName:
    """Return the template for the reporter whose request was attached to a case in this status."""
    return "already_closed" if case_status in _BY_CLOSING_STATUS else "attached"


def on_move(case_status: str, *, has_new_lead: bool) -> TemplateName | None:
    """Return the template for all followers of a case that changes to this status, or None.

    ``open`` triggers none: it changes nothing for residents.

    Args:
        case_status: The new status.
        has_new_lead: True when another bureau leads the case now.
    """
    return "transferred" if has_new_lead else _BY_STATUS.get(case_status)


def on_missed_deadline(what: str) -> TemplateName | None:
    """Return the template for all followers of a case that missed this deadline, or None.

    Residents expect the end of the work, and know nothing of the deadline to acknowledge it.
    """
    return "overdue" if what == "complete" else None


def on_closing(case_status: str) -> TemplateName | None:
    """Return the template for all followers of a case that closes in this status, or None."""
    return _BY_CLOSING_STATUS.get(case_status)


def on_leaving(case_status: str) -> TemplateName | None:
    """Return the template for the reporter whose request was split off a case, or None.

    A reporter who was notified that the case is closed must learn that the work goes on.
    """
    return "reopened" if case_status in _BY_CLOSING_STATUS else None
