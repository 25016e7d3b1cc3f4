"""Sealing of contact data at rest: encrypted, and good at its own place alone.

AES-256-GCM with a random nonce; the place is authenticated with the value, so that a sealed value
that is moved to another row or column cannot be opened there.
"""

import os
from base64 import b64decode, b64encode
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import PermanentError

_MARK = "sealed:"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class UnreadableError(PermanentError):
    """A sealed value cannot be opened: its key is gone or another one, or it is damaged."""

    code = "contact_unreadable"


class Sealer:
    """Seals values with one key, and wraps further keys with it.

    Args:
        key: 32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def derived(cls, secret: bytes, use: str) -> Self:
        """Return a sealer whose key is derived (HKDF) from a secret that has other uses.

        Args:
            secret: The secret.
            use: Name of the use; another one gives another key.
        """
        hkdf = HKDF(SHA256(), _KEY_BYTES, salt=None, info=use.encode())
        return cls(hkdf.derive(secret))

    def seal(self, text: str | None, place: str) -> str | None:
        """Return a value sealed; None for None.

        Args:
            text: The value.
            place: Where it is stored, such as row and column.
        """
        if text is None:
            return None
        return _MARK + b64encode(self._encrypted(text.encode(), place)).decode()

    def open(self, sealed: str | None, place: str) -> str | None:
        """Return a value that was sealed for this place; None for None.

        A value that was stored before there were seals is returned as it is.

        Raises:
            UnreadableError: It was sealed with another key or for another place, or is damaged.
        """
        if sealed is None or not is_sealed(sealed):
            return sealed
        try:
            encrypted = b64decode(sealed.removeprefix(_MARK), validate=True)
        except ValueError:
            raise UnreadableError("a sealed value is damaged") from None
        return self._decrypted(encrypted, place).decode()

    def new_wrapped_key(self, owner: str) -> bytes:
        """Return a new random key, encrypted with this sealer's.

        Args:
            owner: Whose key it is.
        """
        return self._encrypted(os.urandom(_KEY_BYTES), owner)

    def unwrapped(self, wrapped: bytes, owner: str) -> "Sealer":
        """Return the sealer of a key that ``new_wrapped_key`` made for its owner.

        Raises:
            UnreadableError: It was wrapped with another key or for another owner, or is damaged.
        """
        return Sealer(self._decrypted(wrapped, owner))

    def _encrypted(self, value: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, place.encode())

    def _decrypted(self, encrypted: bytes, place: str) -> bytes:
        try:
            return self._cipher.decrypt(
                encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:], place.encode()
            )
        except (InvalidTag, ValueError):  # the latter for fewer bytes than a nonce
            raise UnreadableError("another key, another place, or damaged") from None


def is_sealed(text: str) -> bool:
    """Return True for a value that ``Sealer.seal`` made."""
    return text.startswith(_MARK)
