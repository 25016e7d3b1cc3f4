"""The City of Portland's open data on reported campsites."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from cli.replay.rows import Row, Sendable, coordinate, csv_rows, submission
from shared.catalogue import Jurisdiction

_COLUMNS = frozenset({"lon", "lat", "inc_date", "inc_id", "is_vehicle"})
_NOON = time(12)


def read_portland_campsites(file: TextIO, city: Jurisdiction) -> Iterator[Row]:
    """Read each row as a submission to ``portland.gov``.

    The export says the day alone; noon of that day stands in for the hour.
    """
    zone = ZoneInfo(city.timezone)

    def convert(line: int, row: dict[str, str]) -> Row:
        vehicle = row["is_vehicle"] == "Yes"
        data: dict[str, Any] = {
            "jurisdiction": city.id,
            "channel": "web",
            "service_code": "VEH-CAMP" if vehicle else "CAMP-REPORT",
            "description": "Vehicle at a campsite" if vehicle else "Campsite",
            "language": "en",
            "location": {
                "latitude": coordinate(row, "lat"),
                "longitude": coordinate(row, "lon"),
            },
        }
        return Sendable(
            line,
            submission("portland-campsites", row["inc_id"], _noon(row["inc_date"], zone), data),
        )

    return csv_rows(file, _COLUMNS, convert)


def _noon(text: str, zone: ZoneInfo) -> str:
    try:
        return datetime.combine(date.fromisoformat(text), _NOON, zone).isoformat()
    except ValueError:
        raise ValueError("inc_date: no day") from None
