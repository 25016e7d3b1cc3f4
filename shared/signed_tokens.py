"""Signed tokens: values that outsiders return and cannot alter."""

import hmac
from dataclasses import dataclass
from typing import Self

_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Signs values, each for one purpose; tokens of the keys ``before`` are still valid."""

    key: bytes
    before: tuple[bytes, ...] = ()

    @classmethod
    def derived(cls, secret: bytes, use: str, *before: bytes) -> Self:
        """Return a signer with keys derived from secrets that have other uses."""
        key, *older = (hmac.digest(one, use.encode(), "sha256") for one in (secret, *before))
        return cls(key, tuple(older))

    def sign(self, purpose: str, value: str) -> str:
        """Return the token: the value with its signature, for this purpose alone."""
        return f"{value}.{_mac(self.key, purpose, value)}"

    def read(self, purpose: str, token: str) -> str | None:
        """Return the value of a token; None unless it was signed for this purpose."""
        value, _, mac = token.rpartition(".")
        known = [_mac(key, purpose, value) for key in (self.key, *self.before)]
        return (
            value if any(hmac.compare_digest(mac.encode(), one.encode()) for one in known) else None
        )


def _mac(key: bytes, purpose: str, value: str) -> str:
    message = f"{len(purpose)} {purpose} {value}".encode()
    return hmac.digest(key, message, "sha256")[:_MAC_BYTES].hex()
