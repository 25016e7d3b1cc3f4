"""How a bureau goes about a piece of work, from its first look to the end."""

from dataclasses import dataclass

from cli.demo.scenario.chance import Random
from shared.contract.events import WorkOrder
from shared.vocabulary import UpdateStatus

URGENT = frozenset({"P1", "P2"})
MANY_REPORTS = 10

_INFORMED_LOOK = 0.7
_MADE_SAFE = "Our crew was there and made it safe."
_VISITED = "Our team was there, took the trash away and offered help."
_NOTES: dict[UpdateStatus, str] = {
    "scheduled": "A crew is scheduled for this.",
    "in_progress": "A crew is on its way.",
    "completed": "The work is done. Thank you for telling us.",
    "declined": "We looked at it and will not act on it.",
}
_REASONS = (
    "Nothing was found at this place.",
    "This is the property owner's to repair; the owner has been told.",
    "It was gone when the crew came.",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a bureau says about its work."""

    status: UpdateStatus
    note: str | None = None
    reason: str | None = None
    transfer_to: str | None = None


def first_look(order: WorkOrder, rng: Random) -> tuple[Step, ...]:
    """Return what a bureau says when work reaches it: leads always answer, others mostly."""
    if order.role == "informed" and rng.random() > _INFORMED_LOOK:
        return ()
    return (Step("acknowledged"),)


def rest_of(order: WorkOrder, rng: Random) -> tuple[Step, ...]:
    """Return how the bureau goes on: what is urgent or often reported is done today."""
    if order.role == "informed":
        return ()
    if order.priority.level in URGENT:
        return _step("in_progress"), Step("completed", _MADE_SAFE)
    if order.request_count >= MANY_REPORTS:
        return _step("in_progress"), Step("completed", _VISITED)
    return rng.choices(
        (
            (_step("scheduled"), _step("completed")),
            (_step("in_progress"), _step("completed")),
            (_step("scheduled"),),
            (Step("declined", _NOTES["declined"], reason=rng.choice(_REASONS)),),
            (),
        ),
        (22, 20, 25, 8, 25),
    )[0]


def handover(to: str) -> tuple[Step, ...]:
    """Return the course of work that another bureau must do."""
    return (Step("transferred", "Another bureau takes this over.", transfer_to=to),)


def _step(status: UpdateStatus) -> Step:
    return Step(status, _NOTES[status])
