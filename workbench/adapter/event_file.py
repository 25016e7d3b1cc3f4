"""Records of an adapter in a file: one event a line, as Kafka's console tools print them."""

from collections.abc import Iterable
from datetime import datetime

from services.intake.records import ReceiptEvent
from shared.errors import PermanentError
from workbench.adapter.records import RECEIPT_DECODER, WrittenRecord


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
