"""Findings of a search: ids of everything that holds the contact, never the contact itself."""

from collections.abc import Collection
from dataclasses import dataclass, field

from shared.runtime.outbox.removal import StoredRecord


@dataclass(slots=True)
class Findings:
    """Everything that holds the contact of a person, or of one request.

    Attributes:
        requests: Tracking number by request id, of the requests whose contact can be read.
        submissions: Keys of the rejected submissions.
        dead_letters: Digests of the dead letters.
        outbox: By service, the records of its outbox that are copies of dead letters.
        messages: Number of messages that wait to be sent.
        media: Number of pictures.
        drafts: Person and city of the reports by text message that wait for an answer.
        mail_drafts: Tokens of the reports by e-mail that wait for an answer.
    """

    requests: dict[str, str] = field(default_factory=dict)
    submissions: set[tuple[bytes, bytes]] = field(default_factory=set)
    dead_letters: set[bytes] = field(default_factory=set)
    outbox: dict[str, list[StoredRecord]] = field(default_factory=dict)
    messages: int = 0
    media: int = 0
    drafts: set[tuple[str, str]] = field(default_factory=set)
    mail_drafts: set[str] = field(default_factory=set)

    @property
    def request_ids(self) -> Collection[str]:
        """The requests, sorted."""
        return sorted(self.requests)

    @property
    def tracking_numbers(self) -> list[str]:
        """The numbers of the requests, sorted."""
        return sorted(filter(None, self.requests.values()))

    def counts(self) -> dict[str, int]:
        """Return how much of each kind was found."""
        return {
            "contacts": len(self.requests),
            "messages": self.messages,
            "media": self.media,
            "drafts": len(self.drafts) + len(self.mail_drafts),
            "submissions": len(self.submissions),
            "dead_letters": len(self.dead_letters),
            "outbox": sum(map(len, self.outbox.values())),
        }
