"""Ordinary reports: problems here and there, some of them seen by several neighbours."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from shared.vocabulary import GeoPoint
from workbench.demo.scenario.channels import WEB_FORM, random_channel
from workbench.demo.scenario.kinds import ReportKind, random_kind
from workbench.demo.scenario.locations import OUTSIDE, NamedPlace, random_place
from workbench.demo.scenario.randomness import seeded_random
from workbench.demo.scenario.residents import Residents
from workbench.demo.scenario.stories import TIMEZONE
from workbench.demo.scenario.submissions import DemoSubmission, ResidentReport, SubmissionWriter

_SPANISH = 0.24  # where a kind has Spanish wordings, which makes about a fifth of all reports
_WITNESSES = (1, 2, 3, 4, 6)
_WITNESS_WEIGHTS = (82, 12, 4, 1.5, 0.5)
_WITNESS_WITHIN_M = 10.0
_WITNESS_AFTER_H = 2.5  # mean of an exponential distribution
_ANONYMOUS = 0.12
_WITH_EMAIL = 0.6
_WITHOUT_KIND = 0.08
_ADDRESS_ONLY = 0.06
_OUTSIDE = 0.01
_ON_PAGES = 0.1  # of the located reports by web: each takes four pages
_KEEP_OFF_M = 450.0


class RoutineReports:
    """Generates ordinary reports, away from the places of the planted stories."""

    def __init__(self, seed: int, on: date, keep_off: Collection[GeoPoint]) -> None:
        self._rng = seeded_random(seed, "routine")
        self._residents = Residents(seeded_random(seed, "neighbours"))
        self._writer = SubmissionWriter(on, "r")
        self._midnight = datetime.combine(on, time(), TIMEZONE)
        self._keep_off = keep_off

    def take(self, count: int) -> list[DemoSubmission]:
        """Return the next ``count`` submissions, in no order of time."""
        made: list[DemoSubmission] = []
        while len(made) < count:
            made += self._reports_of_one_problem()
        return made[:count]

    def _reports_of_one_problem(self) -> Iterator[DemoSubmission]:
        rng = self._rng
        kind = random_kind(rng)
        at = self._midnight + timedelta(hours=kind.random_hour(rng), seconds=rng.randrange(3600))
        place = self._random_place(kind)
        witnesses = rng.choices(_WITNESSES, _WITNESS_WEIGHTS)[0] if place else 1
        for _ in range(witnesses):
            yield self._report(kind, place, at)
            at += timedelta(hours=rng.expovariate(1 / _WITNESS_AFTER_H))
            if at.date() != self._midnight.date():
                return

    def _random_place(self, kind: ReportKind) -> NamedPlace | None:
        if not kind.located:
            return None
        if self._rng.random() < _OUTSIDE:
            return self._rng.choice(OUTSIDE)
        return random_place(self._rng, self._keep_off, _KEEP_OFF_M)

    def _report(self, kind: ReportKind, place: NamedPlace | None, at: datetime) -> DemoSubmission:
        rng = self._rng
        channel = random_channel(kind, at, rng)
        language = "es" if rng.random() < _SPANISH else "en"
        street = place.street if place else random_place(rng).street
        text, language = kind.random_text(language, street, rng)
        is_unnamed = place is not None and rng.random() < _WITHOUT_KIND
        is_anonymous = rng.random() < _ANONYMOUS and channel not in {"email", "sms"}
        report = ResidentReport(
            channel=channel,
            at=at,
            text=text,
            language=language,
            kind=None if is_unnamed and channel != "open311" else kind.code,  # there it is a must
            place=place.blurred(_WITNESS_WITHIN_M, rng) if place else None,
            exact=channel not in {"phone", "sms", "email"} or rng.random() > _ADDRESS_ONLY,
            resident=None if is_anonymous else self._residents.new(language),
            with_email=rng.random() < _WITH_EMAIL,
            photo=kind.photo,
        )
        is_old_form = channel == "web" and (place is None or rng.random() > _ON_PAGES)
        return self._writer.write(replace(report, source=WEB_FORM) if is_old_form else report)
