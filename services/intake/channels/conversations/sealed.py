"""Sealed contacts of waiting conversations, each bound to its row (AAD)."""

from collections.abc import Sequence

import structlog

from shared.runtime.sealing import Sealer, UnreadableError

log = structlog.get_logger()


def conversation_sealer(secrets: Sequence[bytes]) -> Sealer:
    """Return the sealer of contacts in conversations; secrets after the first still open seals."""
    present, *before = secrets
    return Sealer.derived(present, "conversations at rest", *before)


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
    """Return a value; None, with a log entry, for one that cannot be read."""
    try:
        return sealer.open(sealed, place)
    except UnreadableError as error:
        log.error("contact_unreadable", reason=str(error))  # noqa: TRY400 - a traceback says no more
        return None
