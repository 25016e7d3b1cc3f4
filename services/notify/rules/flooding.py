"""Rule: a contact that too many requests name gets no messages about the excess ones.

A report can name any address. Without a limit a stranger could have hundreds of messages sent to a
person who reported nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from services.notify.rules.model import ReporterContact

MAX_REQUESTS = 20
"""Requests in an hour that may name one contact before messages about further ones are held."""
WINDOW = timedelta(hours=1)


def flooded_requests(
    contacts: Iterable[ReporterContact], known: Mapping[str, int]
) -> frozenset[str]:
    """Return the requests whose messages are to be held.

    A request is among them when 20 others that were known before it name the same contact within
    an hour of it, earlier or later. So of all requests in any one hour at most 20 are let through,
    in whatever order they arrive. Held ones count too: while a flood goes on nothing more passes.

    Args:
        contacts: New contacts, in order of arrival.
        known: By request id, the number of known requests that name the same contact within an
            hour of it.
    """
    before: defaultdict[str, list[datetime]] = defaultdict(list)
    flooded = set()
    for contact in contacts:
        namings = before[contact.flood_key]
        near = sum(abs(contact.named_at - at) < WINDOW for at in namings)
        if known.get(contact.request_id, 0) + near >= MAX_REQUESTS:
            flooded.add(contact.request_id)
        namings.append(contact.named_at)
    return frozenset(flooded)


def without_tag(address: str) -> str:
    """Return an e-mail address without a ``+tag``, which most providers deliver to one mailbox."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"
