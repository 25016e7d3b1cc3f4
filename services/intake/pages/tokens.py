"""Signed values in hidden fields of a page."""

import hmac
from dataclasses import dataclass
from typing import Self

_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Signs values, each for one purpose.

    Attributes:
        key: Secret.
    """

    key: bytes

    @classmethod
    def derived(cls, secret: bytes) -> Self:
        """Return a signer whose key is derived from a secret that has other uses."""
        return cls(hmac.digest(secret, b"residents' pages", "sha256"))

    def sign(self, purpose: str, value: str) -> str:
        """Return the value with its signature."""
        return f"{value}.{self._mac(purpose, value)}"

    def read(self, purpose: str, token: str) -> str | None:
        """Return the value of a token; None unless it was signed for this purpose."""
        value, _, mac = token.rpartition(".")
        expected = self._mac(purpose, value)
        return value if hmac.compare_digest(mac.encode(), expected.encode()) else None

    def _mac(self, purpose: str, value: str) -> str:
        message = f"{len(purpose)} {purpose} {value}".encode()
        return hmac.digest(self.key, message, "sha256")[:_MAC_BYTES].hex()
