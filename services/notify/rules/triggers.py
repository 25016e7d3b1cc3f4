"""Rule: which changes of a case are worth a message, and which message that is."""

from collections.abc import Mapping

from services.notify.rules.model import Template

_MOVES: Mapping[str, Template] = {
    "scheduled": "scheduled",
    "in_progress": "in_progress",
    "waiting_for_resident": "waiting_for_resident",
}
_WITHOUT_CASE: Mapping[str, Template] = {"referral": "referred", "answered": "answered"}
_ENDS: Mapping[str, Template] = {
    "completed": "completed",
    "declined": "declined",
    "referred": "referred",
}


def on_decision(outcome: str) -> Template | None:
    """Return what a reporter hears whose request makes no case, or None where it makes one."""
    return _WITHOUT_CASE.get(outcome)


def on_opening() -> Template:
    """Return what the reporter hears whose request opened the case."""
    return "received"


def on_joining(case_status: str) -> Template:
    """Return what a reporter hears whose request joined a case in this status."""
    return "already_closed" if case_status in _ENDS else "attached"


def on_move(case_status: str) -> Template | None:
    """Return what followers hear when the case gets this status, or None for nothing.

    That the bureau has seen the work, or that it went back in line, changes nothing for them.
    """
    return _MOVES.get(case_status)


def on_closing(case_status: str) -> Template | None:
    """Return what followers hear when the case ends in this status."""
    return _ENDS.get(case_status)


def on_reopening() -> Template:
    """Return what followers hear when a closed case is open again."""
    return "reopened"


def on_leaving(case_status: str) -> Template | None:
    """Return what a reporter hears whose request gets a case of its own, or None for nothing.

    Who was told that it is over must know that it goes on.
    """
    return on_reopening() if case_status in _ENDS else None
