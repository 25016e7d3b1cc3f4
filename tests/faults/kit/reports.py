"""Seeded random submissions through all channels, with repeats and poison records."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, TypeAlias
from uuid import UUID

from shared.runtime.clock import utc_now

Transport: TypeAlias = Literal["http", "kafka"]

SOURCE = "/faults/adapter"
_KINDS = {
    "CAMP-REPORT": "Two tents and some bags by the fence",
    "VEH-ABANDONED": "Grey van without plates, has not moved for weeks",
    "ROW-POTHOLE": "Deep pothole, about a foot wide",
    "GRAF-PUBLIC": "Tags on the retaining wall",
    "TRASH-DUMPED": "Sofa and boxes dumped beside the street",
    "ROW-DEBRIS": "Mattress in the right lane, cars are swerving",
    "ROW-STREETLIGHT": "Street light is out since Monday",
    "SW-VEG": "Blackberries cover half of the sidewalk",
}
_TRANSPORTS: dict[str, Transport] = {
    "web": "http",
    "app": "http",
    "phone": "http",
    "walk_in": "http",
    "email": "kafka",
    "sms": "kafka",
    "open311": "kafka",
    "sensor": "kafka",
    "kafka": "kafka",
}
_NEAR_SHARE, _REPEATED_SHARE, _REPORTER_SHARE = 0.3, 0.1, 0.25
_NEARBY_DEGREES = 0.00008


@dataclass(frozen=True, slots=True)
class Report:
    """One submission, which clients may send several times.

    Attributes:
        id: The submission's id.
        transport: The transport of its channel.
        time: When it was made.
        data: The submission.
        poison: The bytes of an invalid record, in place of ``data``.
    """

    id: str
    transport: Transport
    time: datetime
    data: dict[str, Any] = field(default_factory=dict)
    poison: bytes | None = None

    @property
    def value(self) -> bytes:
        """The value of its Kafka record."""
        if self.poison is not None:
            return self.poison
        envelope = {
            "specversion": "1.0",
            "id": self.id,
            "source": SOURCE,
            "type": "route311.submission.v1",
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "data": self.data,
        }
        return json.dumps(envelope).encode()

    @property
    def sha256(self) -> str:
        """SHA-256 of the record's value."""
        return hashlib.sha256(self.value).hexdigest()


def generate_reports(seed: int, poison_share: Callable[[], float]) -> Iterator[Report]:
    """Yield reports without end; a tenth of them repeat an earlier one.

    Args:
        seed: Equal seeds give equal reports.
        poison_share: Returns the present share of poison records, from 0 to 1.
    """
    random = Random(seed)
    start = utc_now() - timedelta(hours=1)
    places: list[tuple[str, float, float]] = []
    before: list[Report] = []
    number = 0
    while True:
        if before and random.random() < _REPEATED_SHARE:
            yield random.choice(before[-200:])
            continue
        number += 1
        time = start + timedelta(seconds=number / 50)
        report = Report(_id(random), random.choice(list(_TRANSPORTS.values())), time)
        if random.random() < poison_share():
            yield Report(report.id, "kafka", time, poison=_garbage(report.id, random))
            continue
        report = _fill(report, _place(places, random), number, random)
        before.append(report)
        yield report


def _id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def _place(places: list[tuple[str, float, float]], random: Random) -> tuple[str, float, float]:
    if places and random.random() < _NEAR_SHARE:
        kind, latitude, longitude = random.choice(places)
        nudge = random.uniform(-_NEARBY_DEGREES, _NEARBY_DEGREES)
        return kind, latitude + nudge, longitude
    kind = random.choice(list(_KINDS))
    place = kind, random.uniform(45.46, 45.57), random.uniform(-122.70, -122.55)
    places.append(place)
    return place


def _fill(report: Report, place: tuple[str, float, float], number: int, random: Random) -> Report:
    kind, latitude, longitude = place
    channels = [name for name, used in _TRANSPORTS.items() if used == report.transport]
    data: dict[str, Any] = {
        "jurisdiction": "portland.gov",
        "channel": random.choice(channels),
        "service_code": kind,
        "description": f"{_KINDS[kind]}. House number {random.randrange(100, 9999)}.",
        "language": random.choice(["en", "es"]),
        "location": {"latitude": latitude, "longitude": longitude, "accuracy_m": 8},
    }
    if random.random() < _REPORTER_SHARE:
        address = f"person-{number}@example.org"
        data["reporter"] = {"email": address, "status_updates": ["email"]}
    return Report(report.id, report.transport, report.time, data)


def _garbage(id: str, random: Random) -> bytes:
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": "route311.submission.v1",
        "time": "2026-03-02T12:00:00Z",
        "data": {},
    }
    return random.choice(
        [
            b"{" + id.encode(),
            json.dumps({"wrong": id}).encode(),
            json.dumps(envelope | {"type": "route311.submission.v99"}).encode(),
            json.dumps(envelope | {"type": "org.example.other.v1"}).encode(),
            id.encode() + b"x" * 5_000_000,
        ]
    )
