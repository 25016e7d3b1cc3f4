"""The City of Boston's 311 export."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from cli.replay.rows import Row, Sendable, coordinate, csv_rows, submission
from shared.catalogue import Jurisdiction

_COLUMNS = frozenset(
    {"case_enquiry_id", "open_dt", "type", "latitude", "longitude", "location", "case_title"}
)
_CHANNELS = {
    "Citizens Connect App": "app",
    "Constituent Call": "phone",
    "Self Service": "web",
    "Maximo Integration": "kafka",
}


def read_boston(file: TextIO, city: Jurisdiction) -> Iterator[Row]:
    """Read each row as a submission to ``boston.gov``; times are Boston's own."""
    zone = ZoneInfo(city.timezone)

    def convert(line: int, row: dict[str, str]) -> Row:
        kind = city.export_types.get(row["type"])
        data: dict[str, Any] = {
            "jurisdiction": city.id,
            "channel": _CHANNELS.get(row.get("source", ""), "web"),
            "service_code": kind or city.other_code,
            "description": row["case_title"] or row["type"],
            "language": "en",
            "location": {
                "latitude": coordinate(row, "latitude"),
                "longitude": coordinate(row, "longitude"),
                "address": " ".join(row["location"].split()) or None,
            },
        }
        time = _local(row["open_dt"], zone)
        event = submission("boston", row["case_enquiry_id"], time, data)
        return Sendable(line, event, None if kind else row["type"])

    return csv_rows(file, _COLUMNS, convert)


def _local(text: str, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        raise ValueError("open_dt: no time") from None
