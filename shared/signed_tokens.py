"""Signed tokens: a value that comes back from outside unchanged, or not at all."""

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
    def derived(cls, secret: bytes, use: str) -> Self:
        """Return a signer whose key is derived from a secret that has other uses.

        Args:
            secret: The secret.
            use: Name of the use; another one gives another key.
        """
        return cls(hmac.digest(secret, use.encode(), "sha256"))

    def sign(self, purpose: str, value: str) -> str:
        """Return the token: the value with its signature, for this purpose alone."""
        return f"{value}.{self._mac(purpose, value)}"

    def read(self, purpose: str, token: str) -> str | None:
        """Return the value of a token; None unless it was signed for this purpose."""
        value, _, mac = token.rpartition(".")
        expected = self._mac(purpose, value)
        return value if hmac.compare_digest(mac.encode(), expected.encode()) else None

    def _mac(self, purpose: str, value: str) -> str:
        message = f"{len(purpose)} {purpose} {value}".encode()
        return hmac.digest(self.key, message, "sha256")[:_MAC_BYTES].hex()
