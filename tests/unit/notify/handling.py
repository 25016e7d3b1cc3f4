"""What notify makes of events, and who is to hear of it."""

from collections.abc import Sequence

from services.notify.handlers import on_messages
from shared.contract.events import Event
from tests.builders import NOON
from tests.unit.notify.factories import CONTACT_KEY, messages
from tests.unit.notify.fakes import InMemoryNotify

ANA, BEA, CARLA = "ana@example.org", "bea@example.org", "carla@example.org"


async def take(store: InMemoryNotify, *batches: Sequence[Event]) -> list[Event]:
    told: list[Event] = []
    for batch in batches:
        told += await on_messages(messages(batch), store, CONTACT_KEY, NOON)
    return told


def due(store: InMemoryNotify) -> list[tuple[str, str, int, str]]:
    """Mailbox, template, version and language of what is to be sent."""
    return sorted(
        (
            str(store.contacts[d.request_id].mailbox),
            d.trigger.template,
            d.trigger.version,
            d.language,
        )
        for d in (row.stored.delivery for row in store.rows if row.state == "pending")
    )
