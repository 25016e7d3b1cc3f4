"""The folder of open data: a file for each month and format, and ``datapackage.json``."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.channels.open_data import store
from services.intake.channels.open_data.formats import MEDIA_TYPES, written_formats
from services.intake.channels.open_data.rows import FIELDS, OpenRequest, open_request
from shared.catalogue import Jurisdiction
from shared.runtime.postgres import Connection

PACKAGE = "datapackage.json"
_SCHEMA = {
    "fields": [
        {"name": name, "type": kind} | ({"format": "any"} if kind == "datetime" else {})
        for name, kind in FIELDS.items()
    ],
    "primaryKey": "service_request_id",
    "missingValues": [""],
}


@dataclass(slots=True)
class OpenDataFolder:
    """A folder of files; a file is written only when its content changes.

    Attributes:
        license_name: Short name of the licence, such as ``CC0-1.0``; the city decides.
        resources: Descriptions of the files by path.
    """

    path: Path
    license_name: str = "notspecified"
    resources: dict[str, Mapping[str, Any]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if (package := self.path / PACKAGE).exists():
            known = json.loads(package.read_text(encoding="utf-8"))
            self.resources = {one["path"]: one for one in known["resources"]}

    def write_month(self, city: str, month: str, rows: Sequence[OpenRequest]) -> None:
        """Write the files of a month of a city."""
        for extension, write in written_formats().items():
            self._write(f"{city}-{month}.{extension}", extension, write(rows), len(rows))

    def remove_others(self, city: str, months: Collection[str]) -> None:
        """Delete the files of a city's other months."""
        kept = {f"{city}-{month}" for month in months}
        for path in [*self.resources]:
            if path.startswith(f"{city}-") and path.rpartition(".")[0] not in kept:
                (self.path / path).unlink(missing_ok=True)
                del self.resources[path]

    def finish(self) -> None:
        """Write ``datapackage.json``, which names every file."""
        package = {
            "name": "service-requests",
            "title": "Service requests (311)",
            "licenses": [{"name": self.license_name}],
            "resources": [self.resources[path] for path in sorted(self.resources)],
        }
        text = json.dumps(package, ensure_ascii=False, indent=2) + "\n"
        self._replace(PACKAGE, text.encode())

    def _write(self, path: str, extension: str, content: bytes, rows: int) -> None:
        digest = f"sha256:{sha256(content).hexdigest()}"
        known = self.resources.get(path)
        if known and known["hash"] == digest and (self.path / path).exists():
            return
        self._replace(path, content)
        self.resources[path] = {
            "name": path.replace(".", "-"),
            "path": path,
            "format": extension,
            "mediatype": MEDIA_TYPES[extension],
            "encoding": "utf-8",
            "hash": digest,
            "bytes": len(content),
            "rows": rows,
            "version": known["version"] + 1 if known else 1,
            "schema": _SCHEMA,
        }

    def _replace(self, path: str, content: bytes) -> None:
        """Replace a file at once, so that a reader sees the old one or the new one."""
        new = self.path / f".{path}.new"
        new.write_bytes(content)
        new.replace(self.path / path)


async def export_open_data(
    db: Connection,
    cities: Collection[Jurisdiction],
    folder: OpenDataFolder,
    month: str | None = None,
) -> int:
    """Write the files of all months, or of one; return the number of requests.

    Every run reads all requests of its months, so that an erased or withheld text disappears from
    the files, too.
    """
    count = 0
    for city in cities:
        months = await store.months(db, city.id, city.timezone)
        for one in months if month is None else {month} & {*months}:
            found = await store.public_requests(db, city.id, *_bounds(one, city.timezone))
            rows = [
                open_request(dict(row), city)
                for row in found
                if row["service_code"] in city.services
            ]
            folder.write_month(city.id, one, rows)
            count += len(rows)
        folder.remove_others(city.id, months)
    folder.finish()
    return count


def _bounds(month: str, timezone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a month in the city's time, and that of the next month."""
    first = date.fromisoformat(f"{month}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    since, until = (datetime.combine(day, time(), ZoneInfo(timezone)) for day in (first, following))
    return since.astimezone(UTC), until.astimezone(UTC)
