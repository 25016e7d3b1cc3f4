"""What every planted story needs: a clock, people, and somebody who writes for the adapters."""

from datetime import date, datetime

from cli.demo.scenario.chance import Random, chance
from cli.demo.scenario.people import People
from cli.demo.scenario.places import Place
from cli.demo.scenario.report import Report
from cli.demo.scenario.routine import TIMEZONE
from cli.demo.scenario.writing import Message, Writer
from shared.vocabulary import GeoPoint


class Scene:
    """Where the stories of one day play."""

    def __init__(self, seed: int, on: date) -> None:
        self.rng: Random = chance(seed, "stories")
        self._on = on
        self._people = People(chance(seed, "story people"))
        self._writer = Writer(on, "s")

    def at(self, hour: int, minute: int, second: int = 0) -> datetime:
        """Return a moment of the day, local time."""
        day = self._on
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=TIMEZONE)

    def tell(
        self,
        story: str,
        channel: str,
        at: datetime,
        text: str,
        place: Place | None,
        *,
        kind: str | None = None,
        language: str = "en",
        over_http: bool = False,
        source: str | None = None,
    ) -> Report:
        """Return what a new person says, who wants to hear by e-mail what becomes of it."""
        message = Message(
            text=text,
            language=language,
            kind=kind,
            place=place,
            person=self._people.somebody(language),
            with_email=True,
        )
        if over_http:
            return self._writer.over_http(channel, at, message, story=story)
        return self._writer.write(channel, at, message, story=story, source=source)


def corner(latitude: float, longitude: float, address: str) -> Place:
    """Return a place that is known by its crossing."""
    return Place(GeoPoint(latitude, longitude), address, address)
