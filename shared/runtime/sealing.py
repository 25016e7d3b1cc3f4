"""Encryption of contact data at rest, bound to its row and column.

AES-256-GCM with a random nonce and the place as additional authenticated data (AAD), so that a
value that is moved to another row or column cannot be decrypted there.
"""

import os
from base64 import b64decode, b64encode
from contextlib import suppress
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import PermanentError

_MARK = "sealed:"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 8


class UnreadableError(PermanentError):
    """A sealed value cannot be decrypted: another key, or damaged."""

    code = "contact_unreadable"


class Sealer:
    """Encrypts values with one key, and wraps further keys with it; decrypts by older keys as well.

    Args:
        key: 32 random bytes.
        before: Older keys, for decryption only.
    """

    def __init__(self, key: bytes, *before: bytes) -> None:
        self._keys = (key, *before)
        self._ciphers = [AESGCM(one) for one in self._keys]

    @classmethod
    def derived(cls, secret: bytes, use: str, *before: bytes) -> Self:
        """Return a sealer with keys derived (HKDF) from secrets that have other uses."""
        return cls(*(_derived(one, use, _KEY_BYTES) for one in (secret, *before)))

    @cached_property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of the keys, 16 hex digits that reveal nothing else; the sealing one first."""
        return tuple(_derived(key, "id of the key", _ID_BYTES).hex() for key in self._keys)

    def seal(self, text: str | None, place: str) -> str | None:
        """Return a value encrypted for its place, such as row and column; None for None."""
        if text is None:
            return None
        return _MARK + b64encode(self._encrypted(text.encode(), place)).decode()

    def open(self, sealed: str | None, place: str) -> str | None:
        """Return a value sealed for this place; None for None, unsealed old values unchanged.

        UnreadableError for another key or place, or a damaged value.
        """
        if sealed is None or not is_sealed(sealed):
            return sealed
        try:
            encrypted = b64decode(sealed.removeprefix(_MARK), validate=True)
        except ValueError:
            raise UnreadableError("a sealed value is damaged") from None
        return self._decrypted(encrypted, place).decode()

    def new_wrapped_key(self, owner: str) -> bytes:
        """Return a new random key, encrypted with this sealer's."""
        return self._encrypted(os.urandom(_KEY_BYTES), owner)

    def wrap(self, key: bytes, owner: str) -> bytes:
        """Return a key of any length, encrypted with this sealer's."""
        return self._encrypted(key, owner)

    def unwrap(self, wrapped: bytes, owner: str) -> bytes:
        """Return the key that ``wrap`` encrypted; raises as ``unwrapped`` does."""
        return self._decrypted(wrapped, owner)

    def unwrapped(self, wrapped: bytes, owner: str) -> "Sealer":
        """Return the sealer of a wrapped key; UnreadableError for other keys, owners, or damage."""
        return Sealer(self._decrypted(wrapped, owner))

    def _encrypted(self, value: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, value, place.encode())

    def _decrypted(self, encrypted: bytes, place: str) -> bytes:
        nonce, value = encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:]
        for cipher in self._ciphers:
            with suppress(InvalidTag, ValueError):  # the latter for fewer bytes than a nonce
                return cipher.decrypt(nonce, value, place.encode())
        raise UnreadableError("another key, another place, or damaged")


def is_sealed(text: str) -> bool:
    """Return True for a value that ``Sealer.seal`` made."""
    return text.startswith(_MARK)


def _derived(secret: bytes, use: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=use.encode()).derive(secret)
