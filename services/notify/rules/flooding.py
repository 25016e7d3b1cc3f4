"""Rule: a contact that too many requests name gets no messages about the excess ones.

A report can name any address. Without a limit a stranger could have hundreds of messages sent to a
person who reported nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from services.notify.rules.model import ReporterContact

MAX_REQUESTS = 20
"""Requests in an hour that may name one contact before messages about further ones are held."""
WINDOW = timedelta(hours=1)
Naming: TypeAlias = tuple[str, str]
"""Id of a request, and keyed hash of a mailbox or number that it names."""


def flooded_requests(
    contacts: Iterable[ReporterContact], known: Mapping[Naming, int]
) -> Mapping[str, str]:
    """Return the requests whose messages are to be held, each with the contact that is flooded.

    A request is among them when 20 others that were known before it name the same mailbox, or the
    same number for text messages, within an hour of it, earlier or later. So of all requests in any
    one hour at most 20 are let through, in whatever order they arrive. Held ones count too: while a
    flood goes on nothing more passes.

    Args:
        contacts: New contacts, in order of arrival.
        known: The number of known requests that name the same within an hour.
    """
    before: defaultdict[str, list[datetime]] = defaultdict(list)
    flooded: dict[str, str] = {}
    for contact in contacts:
        for named in contact.named:
            near = sum(abs(contact.named_at - at) < WINDOW for at in before[named])
            if known.get((contact.request_id, named), 0) + near >= MAX_REQUESTS:
                flooded.setdefault(contact.request_id, named)
            before[named].append(contact.named_at)
    return flooded
