"""The ordinary reports of the day: problems here and there, some seen by several neighbours."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.demo.scenario.chance import chance
from cli.demo.scenario.channels import some_channel
from cli.demo.scenario.kinds import WITH_PHOTO, WITHOUT_PLACE, Kind, some_kind
from cli.demo.scenario.people import People
from cli.demo.scenario.places import OUTSIDE, Place, near, somewhere
from cli.demo.scenario.report import Report
from cli.demo.scenario.texts import says
from cli.demo.scenario.writing import Message, Writer
from shared.vocabulary import GeoPoint

TIMEZONE = ZoneInfo("America/Los_Angeles")

_SPANISH = 0.24  # of those kinds that have Spanish texts, which makes about a fifth of all
_SEEN_BY = (1, 2, 3, 4, 6)
_SEEN_BY_SHARES = (82, 12, 4, 1.5, 0.5)
_NEIGHBOURS_WITHIN_M = 10.0
_NEIGHBOUR_AFTER_H = 2.5
_ANONYMOUS = 0.12
_WITH_EMAIL = 0.6
_WITHOUT_KIND = 0.08
_ADDRESS_ONLY = 0.06
_OUTSIDE = 0.01
_OVER_HTTP = 0.06
_KEEP_OFF_M = 450.0


@dataclass(frozen=True, slots=True)
class _Problem:
    kind: Kind
    place: Place | None
    first_at: datetime


class Routine:
    """Makes ordinary reports, away from the places where the stories play."""

    def __init__(self, seed: int, on: date, keep_off: Collection[GeoPoint]) -> None:
        self._rng = chance(seed, "routine")
        self._people = People(chance(seed, "neighbours"))
        self._writer = Writer(on, "r")
        self._midnight = datetime(on.year, on.month, on.day, tzinfo=TIMEZONE)
        self._keep_off = keep_off

    def reports(self, count: int) -> list[Report]:
        """Return as many reports as asked for, in no order."""
        made: list[Report] = []
        while len(made) < count:
            made += self._reports_of(self._problem())
        return made[:count]

    def _problem(self) -> _Problem:
        rng = self._rng
        kind = some_kind(rng)
        first_at = self._midnight + timedelta(hours=kind.hour(rng), seconds=rng.randrange(3600))
        return _Problem(kind, self._place(kind), first_at)

    def _place(self, kind: Kind) -> Place | None:
        if kind.code in WITHOUT_PLACE:
            return None
        if self._rng.random() < _OUTSIDE:
            return self._rng.choice(OUTSIDE)
        return somewhere(self._rng, self._keep_off, _KEEP_OFF_M)

    def _reports_of(self, problem: _Problem) -> Iterator[Report]:
        rng = self._rng
        witnesses = rng.choices(_SEEN_BY, _SEEN_BY_SHARES)[0] if problem.place else 1
        at = problem.first_at
        for _ in range(witnesses):
            yield self._report(problem, at)
            at += timedelta(hours=rng.expovariate(1 / _NEIGHBOUR_AFTER_H))
            if at.date() != self._midnight.date():
                return

    def _report(self, problem: _Problem, at: datetime) -> Report:
        rng = self._rng
        channel = some_channel(problem.kind.code, at, rng)
        message = self._message(problem, channel)
        if channel in {"web", "app"} and rng.random() < _OVER_HTTP:
            return self._writer.over_http(channel, at, message)
        return self._writer.write(channel, at, message)

    def _message(self, problem: _Problem, channel: str) -> Message:
        rng = self._rng
        kind = problem.kind.code
        wished = "es" if rng.random() < _SPANISH else "en"
        street = problem.place.street if problem.place else somewhere(rng).street
        text, language = says(kind, wished, street, rng)
        return Message(
            text=text,
            language=language,
            kind=None if problem.place and rng.random() < _WITHOUT_KIND else kind,
            place=self._seen_at(problem.place),
            exact=channel not in {"phone", "sms", "email"} or rng.random() > _ADDRESS_ONLY,
            person=None if rng.random() < _ANONYMOUS else self._people.somebody(language),
            with_email=rng.random() < _WITH_EMAIL,
            photo=kind in WITH_PHOTO,
        )

    def _seen_at(self, place: Place | None) -> Place | None:
        if place is None:
            return None
        return Place(
            near(place.point, _NEIGHBOURS_WITHIN_M, self._rng), place.address, place.street
        )
