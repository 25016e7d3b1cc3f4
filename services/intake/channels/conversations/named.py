"""The request that a message names."""

from collections.abc import Iterable

from services.intake.channels.conversations.rules.tracking_numbers import numbers_in
from services.intake.notes.parsing import RequestReference
from services.intake.notes.store import find_request
from shared.runtime.postgres import Connection


async def named_request(
    db: Connection, texts: Iterable[str], jurisdiction: str
) -> RequestReference | None:
    """Return the first request of a city whose tracking number stands in texts; None without one.

    Args:
        db: A connection in a transaction.
        texts: The texts, in the order in which they count.
        jurisdiction: Id of the city.
    """
    for text in texts:
        for number in numbers_in(text):
            request = await find_request(db, number)
            if request and request.jurisdiction == jurisdiction:
                return request
    return None
