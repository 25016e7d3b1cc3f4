"""Writes submissions as the adapters do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from cli.demo.scenario.channels import ADAPTERS
from cli.demo.scenario.people import Person, as_reporter
from cli.demo.scenario.places import Place
from cli.demo.scenario.report import BY_HTTP, Report

CITY = "portland.gov"
_ACCURACY_M = 12
_NOTICED_BEFORE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody has to say.

    Attributes:
        kind: Code of the service; None leaves it to the words.
        place: None for a question about no place.
        exact: Whether the place has a point; else there is an address alone.
        person: Who says it; None is anonymous.
        with_email: The person gives an e-mail address even where nobody asks for one.
        photo: Whether a picture comes along.
    """

    text: str
    language: str
    kind: str | None = None
    place: Place | None = None
    exact: bool = True
    person: Person | None = None
    with_email: bool = False
    photo: bool = False
    answers: Mapping[str, Any] = field(default_factory=dict)


class Writer:
    """Gives each message an id and the form of its channel."""

    def __init__(self, on: date, prefix: str) -> None:
        self._ids = f"{on:%Y%m%d}-{prefix}"
        self._written = 0

    def write(
        self,
        channel: str,
        at: datetime,
        message: Message,
        *,
        story: str | None = None,
        source: str | None = None,
    ) -> Report:
        """Return the message as the channel's adapter hands it in, at once.

        Args:
            channel: How the person reached the city.
            at: When.
            message: What was said.
            story: Which planted story it belongs to.
            source: The adapter, where it is not the channel's usual one.
        """
        self._written += 1
        return Report(
            source=source or ADAPTERS[channel],
            id=f"{self._ids}{self._written:05d}",
            sent_at=at,
            handed_in_at=at,
            data=self._data(channel, at, message),
            story=story,
        )

    def over_http(
        self, channel: str, at: datetime, message: Message, *, story: str | None = None
    ) -> Report:
        """Return the message as one that goes to intake by HTTP, by whatever channel it came."""
        return self.write(channel, at, message, story=story, source=BY_HTTP)

    def _data(self, channel: str, at: datetime, message: Message) -> dict[str, Any]:
        person = message.person
        reporter = as_reporter(person, channel, with_email=message.with_email) if person else None
        photo = f"https://photos.example.org/{self._ids}{self._written:05d}.jpg"
        fields = {
            "jurisdiction": CITY,
            "channel": channel,
            "service_code": message.kind,
            "description": message.text,
            "language": message.language,
            "location": _location(message),
            "attributes": dict(message.answers) or None,
            "observed_at": (at - _NOTICED_BEFORE).isoformat(),
            "media": [{"url": photo, "media_type": "image/jpeg"}] if message.photo else None,
            "reporter": reporter,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _location(message: Message) -> dict[str, Any] | None:
    place = message.place
    if place is None:
        return None
    if not message.exact:
        return {"address": place.address}
    return {
        "latitude": place.point.latitude,
        "longitude": place.point.longitude,
        "accuracy_m": _ACCURACY_M,
        "address": place.address,
    }
