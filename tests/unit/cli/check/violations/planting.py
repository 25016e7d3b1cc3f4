"""How something goes wrong on a good day, and where to find what goes wrong."""

from collections.abc import Callable

from tests.unit.cli.check.history import History, Sent

Plant = Callable[[History], None]
PLANTS: list[tuple[str, str, Plant]] = []


def plant(invariant: str) -> Callable[[Plant], Plant]:
    """Put a plant into the table; its name says what it does."""

    def keep(change: Plant) -> Plant:
        PLANTS.append((change.__name__, invariant, change))
        return change

    return keep


def request_of(history: History, id: str) -> str:
    """Return the request that a submission became."""
    (row, *_) = history.rows("intake_submissions", id=id)
    found: str = history.get("intake_submissions", row, "request_id")
    return found


def closed_case(history: History) -> str:
    """Return the case of the limb, which has three requests, two bureaus and an end."""
    case_id: str = history.case_event("closed", status="completed").data["case_id"]
    return case_id


def lead_orders(history: History) -> list[Sent]:
    """Return what the lead of the closed case was told, in order."""
    told = [o for o in history.orders(closed_case(history)) if o.data["role"] == "lead"]
    return sorted(told, key=lambda o: int(o.data["version"]))


def swap(history: History, one: Sent, other: Sent) -> None:
    """Let two records come in the other order."""
    sent = history.sent
    at = [next(i for i, s in enumerate(sent) if s is wanted) for wanted in (one, other)]
    sent[at[0]], sent[at[1]] = other, one


def garbage(topic: str) -> Sent:
    """Return what nobody can read."""
    return Sent(None, "", topic, b"key", b"garbage")
