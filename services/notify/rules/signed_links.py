"""Rule: signed links in messages, each for one page about one message without a login.

A link is the permission itself, so it holds a signature and the message's id, and no contact. It is
valid for its own page alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self, TypeAlias

from shared.signed_tokens import TokenSigner

LinkPurpose: TypeAlias = Literal["feedback", "preferences", "unsubscribe", "alert"]
# Path of each page, up to the token.
PATHS: Mapping[LinkPurpose, str] = {
    "feedback": "/feedback/",
    "preferences": "/preferences/",
    "unsubscribe": "/v1/unsubscribe/",
    "alert": "/alerts/",
}
# Time after a message became due in which its links work. A NO reopens a case within 30 days of its
# closing. Unsubscribing has to work for as long as the mail may be read: 13 months.
LIFETIMES: Mapping[LinkPurpose, timedelta] = {
    "feedback": timedelta(days=30),
    "preferences": timedelta(days=400),
    "unsubscribe": timedelta(days=400),
}
_USE = "signed links"


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Signs and reads links; ``base_url`` has no slash at its end."""

    signer: TokenSigner
    base_url: str

    @classmethod
    def of(cls, secrets: Sequence[bytes], base_url: str) -> Self:
        """Return the links of a service; links of the earlier secrets still open."""
        present, *before = secrets
        return cls(TokenSigner.derived(present, _USE, *before), base_url)

    def url(self, purpose: LinkPurpose, notification_id: str) -> str:
        """Return the link of a message to a page."""
        return f"{self.base_url}{PATHS[purpose]}{self.signer.sign(purpose, notification_id)}"

    def notification(self, purpose: LinkPurpose, token: str) -> str | None:
        """Return the id of the message that a token stands for; None for an invalid token."""
        return self.signer.read(purpose, token)


def has_ended(purpose: LinkPurpose, due_at: datetime, now: datetime) -> bool:
    """Return True when the link of a message that became due at ``due_at`` has expired."""
    return now - due_at > LIFETIMES[purpose]
