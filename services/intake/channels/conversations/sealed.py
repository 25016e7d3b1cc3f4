"""Sealed contacts of waiting conversations: each is good in its own row alone."""

import structlog

from shared.runtime.sealing import Sealer, UnreadableError

log = structlog.get_logger()


def number_place(person: str, jurisdiction: str) -> str:
    """Return the place of the number in a conversation by text message."""
    return f"sms {person} {jurisdiction}"


def address_place(token: str) -> str:
    """Return the place of the address in a conversation by e-mail."""
    return f"mail {token} address"


def name_place(token: str) -> str:
    """Return the place of the name in a conversation by e-mail."""
    return f"mail {token} name"


def open_if_readable(sealer: Sealer, sealed: str | None, place: str) -> str | None:
    """Return a value, None for one that cannot be read, which is logged.

    The report goes on without it.

    Args:
        sealed: The sealed value; None for none.
        place: Where it is stored.
    """
    try:
        return sealer.open(sealed, place)
    except UnreadableError as error:
        log.error("contact_unreadable", reason=str(error))  # noqa: TRY400 - a traceback says no more
        return None
