"""Reporters: the channels by which one can be contacted, and a keyed reference to the person."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from shared.email_address import normalize_email
from shared.redaction import e164

_REFERENCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class ContactChannels:
    """The channels by which a reporter can be contacted.

    Attributes:
        email: As written, if notify can send to it.
        phone: In E.164, if it is a valid number.
        unusable: True when some of the contact data given cannot be used.
    """

    email: str | None
    phone: str | None
    unusable: bool = False


def contact_channels(email: str | None, phone: str | None, region: str) -> ContactChannels:
    """Return the usable part of a reporter's contact data.

    Args:
        email: Normalized text; None where none was given.
        phone: Normalized text; None where none was given.
        region: ISO 3166-1 alpha-2 country whose format numbers without ``+`` have.
    """
    usable_email = email if normalize_email(email) else None
    usable_phone = e164(phone, region) if phone else None
    unusable = (email is not None and usable_email is None) or (
        phone is not None and usable_phone is None
    )
    return ContactChannels(usable_email, usable_phone, unusable)


def reporter_ref(
    key: bytes, source: str, account_id: str | None, reached: ContactChannels
) -> str | None:
    """Return the first of ``reporter_refs``, or None for an anonymous person."""
    return next(reporter_refs(key, source, account_id, reached), None)


def reporter_refs(
    key: bytes, source: str, account_id: str | None, reached: ContactChannels
) -> Iterator[str]:
    """Yield 32 hex digits that are the same for the same person, for each thing that identifies it.

    Account, e-mail address and phone number do, in this order of precedence.

    Args:
        key: Secret; without it a value cannot be traced back to a person.
        source: The adapter; an account id is unique within its adapter.
        account_id: The reporter's account with the adapter.
    """
    if account_id:
        yield _reference(key, f"account {len(source)} {source} {account_id}")
    if reached.email:
        yield email_ref(key, reached.email)
    if reached.phone:
        yield phone_ref(key, reached.phone)


def email_ref(key: bytes, email: str) -> str:
    """Return 32 hex digits that are the same for the same address.

    Args:
        key: Secret; without it a value cannot be traced back to an address.
        email: The address, in any case.
    """
    return _reference(key, f"email {email.casefold()}")


def phone_ref(key: bytes, phone: str) -> str:
    """Return 32 hex digits that are the same for the same number.

    Args:
        key: Secret; without it a value cannot be traced back to a number.
        phone: The number, E.164.
    """
    return _reference(key, f"phone {phone}")


def _reference(key: bytes, identity: str) -> str:
    return hmac.digest(key, identity.encode(), "sha256")[:_REFERENCE_BYTES].hex()
