"""Runs the handler on batches, and lists the deliveries that are due."""

from collections.abc import Sequence

from services.notify.handlers import on_messages
from shared.contract.events import Event
from tests.support.builders import NOON
from tests.support.notify.factories import POLICY, messages
from tests.support.notify.fakes import InMemoryNotify

ANA, BEA, CARLA, DORA = (f"{name}@example.org" for name in ("ana", "bea", "carla", "dora"))


async def handle(store: InMemoryNotify, *batches: Sequence[Event]) -> list[Event]:
    events: list[Event] = []
    for batch in batches:
        events += await on_messages(messages(batch), store, POLICY, NOON)
    return events


def due(store: InMemoryNotify) -> list[tuple[str, str, int, str]]:
    """Return mailbox, template, version and language of each pending delivery."""
    return sorted(
        (
            str(store.contacts[d.request_id].mailbox),
            d.trigger.template,
            d.trigger.version,
            d.language,
        )
        for d in (row.stored.delivery for row in store.rows if row.state == "pending")
    )
