"""Records that an adapter wrote, read as intake reads them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.intake.records.submissions import ReceiptEvent
from shared.contract.events import Decoder, SubmissionReceived
from shared.contract.events.submissions import SubmissionAccepted, SubmissionRejected
from shared.contract.topic import Topic
from shared.errors import PermanentError
from shared.runtime.consumer.messages import decode_event

Identity: TypeAlias = tuple[str, str]
"""Source and id of a submission."""
Receipts: TypeAlias = Mapping[Identity, Sequence[ReceiptEvent]]
"""Receipts of each submission, every one once."""

RECEIPT_DECODER: Decoder[ReceiptEvent] = Decoder((SubmissionAccepted, SubmissionRejected))
_SUBMISSIONS: Decoder[SubmissionReceived] = Decoder((SubmissionReceived,))


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """A record that an adapter wrote.

    Attributes:
        position: Where it is, to be found again.
        value: Its bytes.
        written_at: When it was written, UTC.
        key: Its key, empty for none; None where it is not known.
    """

    position: str
    value: bytes
    written_at: datetime
    key: bytes | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict)


class WrittenSubmission(NamedTuple):
    """A record with a submission in it."""

    record: WrittenRecord
    event: SubmissionReceived

    @property
    def identity(self) -> Identity:
        """Source and id."""
        return self.event.source, self.event.id


class RefusedRecord(NamedTuple):
    """A record that intake moves to the dead-letter topic.

    Attributes:
        code: Code of the dead letter.
        reason: Text of the dead letter: fields at fault, without their values.
    """

    record: WrittenRecord
    code: str
    reason: str


def read_record(record: WrittenRecord, topic: Topic) -> WrittenSubmission | RefusedRecord:
    """Return the submission in a record of this topic, or why there is none."""
    try:
        event = decode_event(record.value, record.headers, _SUBMISSIONS, topic.allows)
    except PermanentError as error:
        return RefusedRecord(record, error.code, str(error))
    return WrittenSubmission(record, event)


def by_submission(receipts: Iterable[ReceiptEvent]) -> Receipts:
    """Return the receipts of each submission; one that came twice counts once."""
    found: dict[Identity, list[ReceiptEvent]] = defaultdict(list)
    for one in {receipt.id: receipt for receipt in receipts}.values():
        found[one.data.submission_source, one.data.submission_id].append(one)
    return found


def read_lines(
    lines: Iterable[bytes], now: datetime
) -> tuple[list[WrittenRecord], list[ReceiptEvent]]:
    """Return the records and the receipts in a file; blank lines are skipped.

    Args:
        lines: Each is an event, or a record key, a tab and an event.
        now: When the file is read, which counts as the time of each record.
    """
    records: list[WrittenRecord] = []
    receipts: list[ReceiptEvent] = []
    for number, line in enumerate(lines, start=1):
        key, value = _split(line.rstrip())
        if not value:
            continue
        try:
            receipts.append(RECEIPT_DECODER.decode(value))
        except PermanentError:
            records.append(WrittenRecord(f"line {number}", value, now, key))
    return records, receipts


def _split(line: bytes) -> tuple[bytes | None, bytes]:
    """Return the key, empty for the ``null`` that Kafka's tools print, and the event."""
    key, tab, value = line.partition(b"\t")
    if not tab or key.lstrip().startswith(b"{"):
        return None, line
    return b"" if key == b"null" else key, value
