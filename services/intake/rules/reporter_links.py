"""Signed links to the status page, by which the reporter is known.

The person who submits a report gets one. A tracking number is no proof: it may be passed on.
"""

from dataclasses import dataclass
from typing import Self

from shared.signed_tokens import TokenSigner

PATH = "/track"
_PURPOSE = "reporter"


@dataclass(frozen=True, slots=True)
class ReporterLinks:
    """Makes and verifies links.

    Attributes:
        public_url: Base URL of intake, without a trailing slash.
    """

    signer: TokenSigner
    public_url: str

    @classmethod
    def of(cls, secret: bytes, public_url: str) -> Self:
        """Return the links of a service.

        Args:
            secret: Secret that the key of the signatures is derived from.
        """
        return cls(TokenSigner.derived(secret, "reporters' links"), public_url)

    def key(self, number: str) -> str:
        """Return the signature of a tracking number in its canonical form."""
        return self.signer.sign(_PURPOSE, number).rpartition(".")[2]

    def url(self, number: str) -> str:
        """Return the link of a tracking number."""
        return f"{self.public_url}{PATH}/{number}?key={self.key(number)}"

    def is_reporters(self, number: str, key: str) -> bool:
        """Return True for the key of a number."""
        return self.signer.read(_PURPOSE, f"{number}.{key}") is not None
