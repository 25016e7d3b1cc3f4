"""Who reported, without saying who."""

import hmac
import re
from dataclasses import dataclass

from services.intake.rules.phones import e164

_EMAIL = re.compile(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+\.[^\s@,;<>\"().]{2,}")
_REF_BYTES = 16


@dataclass(frozen=True, slots=True)
class ContactChannels:
    """By what a reporter can be reached.

    Attributes:
        email: Usable, as written.
        phone: Usable, E.164.
        unusable: Whether some of what was given can be no address and no number.
    """

    email: str | None
    phone: str | None
    unusable: bool = False


def contact_channels(email: str | None, phone: str | None, region: str) -> ContactChannels:
    """Return what of a reporter's contact data can be used.

    Args:
        email: Tidied; None where none was given.
        phone: Tidied; None where none was given.
        region: The country, ISO 3166-1 alpha-2, in whose way numbers are written without ``+``.
    """
    usable_email = email if email and _EMAIL.fullmatch(email) else None
    usable_phone = e164(phone, region) if phone else None
    unusable = (email is not None and usable_email is None) or (
        phone is not None and usable_phone is None
    )
    return ContactChannels(usable_email, usable_phone, unusable)


def reporter_ref(
    key: bytes, source: str, account_id: str | None, reached: ContactChannels
) -> str | None:
    """Return 32 hex digits that are the same for the same person, or None for nobody.

    Of account, e-mail address and telephone number the first that is there says who it is.

    Args:
        key: Secret; without it nobody can find out whom a value stands for.
        source: The adapter, since its accounts are its own.
        account_id: The reporter's account with the adapter.
        reached: How the reporter can be reached.
    """
    if account_id:
        who = f"account {len(source)} {source} {account_id}"
    elif reached.email:
        who = f"email {reached.email.casefold()}"
    elif reached.phone:
        who = f"phone {reached.phone}"
    else:
        return None
    return hmac.digest(key, who.encode(), "sha256")[:_REF_BYTES].hex()
