"""Registry of violations of a valid history, and helpers that find the records to change."""

from collections.abc import Callable

from tests.unit.workbench.check.history import History, Sent

Violation = Callable[[History], None]
VIOLATIONS: list[tuple[str, str, Violation]] = []


def violates(invariant: str) -> Callable[[Violation], Violation]:
    """Register a violation of an invariant; the function's name describes it."""

    def register(change: Violation) -> Violation:
        VIOLATIONS.append((change.__name__, invariant, change))
        return change

    return register


def request_of(history: History, id: str) -> str:
    """Return the request that a submission became."""
    (row, *_) = history.rows("intake_submissions", id=id)
    found: str = history.get("intake_submissions", row, "request_id")
    return found


def closed_case(history: History) -> str:
    """Return the id of the closed case, which has three requests and two bureaus."""
    case_id: str = history.case_event("closed", status="completed").data["case_id"]
    return case_id


def lead_orders(history: History) -> list[Sent]:
    """Return the versions of the closed case's leading work order, in order."""
    versions = [o for o in history.orders(closed_case(history)) if o.data["role"] == "lead"]
    return sorted(versions, key=lambda o: int(o.data["version"]))


def swap(history: History, one: Sent, other: Sent) -> None:
    """Swap the order of two records."""
    sent = history.sent
    at = [next(i for i, s in enumerate(sent) if s is wanted) for wanted in (one, other)]
    sent[at[0]], sent[at[1]] = other, one


def garbage(topic: str) -> Sent:
    """Return an unreadable record."""
    return Sent(None, "", topic, b"key", b"garbage")
