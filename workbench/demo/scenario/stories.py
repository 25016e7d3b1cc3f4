"""Planted stories about problems in the city, most of them read from ``stories.yaml``."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from shared.vocabulary import GeoPoint
from workbench.demo.scenario.channels import CHANNELS
from workbench.demo.scenario.locations import OUTSIDE, NamedPlace, streets
from workbench.demo.scenario.randomness import Random, seeded_random
from workbench.demo.scenario.residents import STORY_AREA_CODES, Residents
from workbench.demo.scenario.submissions import DemoSubmission, ResidentReport, SubmissionWriter

TIMEZONE = ZoneInfo("America/Los_Angeles")

CAMP, OTHER_CAMP, ODOT_CAMP = "camp", "other_camp", "odot_camp"
MATTRESS, SIGNAL, WIRE, POTHOLE = "mattress", "signal", "wire", "pothole"
QUESTION, GRESHAM, PRIVATE = "question_211", "gresham", "private"
STORM, LAST_URGENT = "storm", "last_urgent"
ASKS_STATUS, SAYS_STOP, NOT_FIXED = "asks_status", "says_stop", "not_fixed"

_FILE = Path(__file__).with_name("stories.yaml")
_CAMP_REPORTS, _CAMP_EVERY, _CAMP_WITHIN_M = 30, timedelta(minutes=27), 25.0
_CAMP_SPANISH_EVERY = 6
_STORM_REPORTS, _STORM_EVERY = 14, timedelta(minutes=3)
_STORM_SPANISH_EVERY = 5


class StoryWriter:
    """Writes the reports of planted stories, each by a resident of its own."""

    def __init__(self, seed: int, on: date) -> None:
        self.rng: Random = seeded_random(seed, "stories")
        self._on = on
        self._residents = Residents(seeded_random(seed, "story people"), STORY_AREA_CODES)
        self._writer = SubmissionWriter(on, "s")

    def at(self, local_time: str) -> datetime:
        """Return a moment of the day, such as ``09:30``, in the city's time zone."""
        return datetime.combine(self._on, time.fromisoformat(local_time), TIMEZONE)

    def write(self, *, language: str = "en", **fields: Any) -> DemoSubmission:  # noqa: ANN401 - of ResidentReport
        """Return the report of a new resident who asks for updates by e-mail.

        Args:
            language: ``en`` or ``es``.
            fields: Other fields of ``ResidentReport``.
        """
        resident = self._residents.new(language)
        return self._writer.write(
            ResidentReport(language=language, resident=resident, with_email=True, **fields)
        )


@cache
def story_places() -> Mapping[str, NamedPlace]:
    """Return the places of the planted stories by name."""
    return {
        name: NamedPlace(GeoPoint(latitude, longitude), address, address)
        for name, (latitude, longitude, address) in story_content()["places"].items()
    }


def city_stories(writer: StoryWriter) -> list[DemoSubmission]:
    """Return the reports of the large camp and of all stories listed in ``stories.yaml``."""
    listed = story_content()["stories"].items()
    return [
        *(_camp_report(writer, number) for number in range(_CAMP_REPORTS)),
        *(report for name, story in listed for report in _listed(writer, name, **story)),
    ]


def last_urgent(writer: StoryWriter) -> list[DemoSubmission]:
    """Return the hazards that are delivered after everything else, behind the backlog."""
    return _listed(writer, LAST_URGENT, story_content()[LAST_URGENT])


def gust_of_wind(writer: StoryWriter) -> list[DemoSubmission]:
    """Return reports of fallen trees on as many streets of the southeast."""
    southeast = (street for street in streets() if street.name.startswith("SE "))
    content, first_at = story_content()[STORM], writer.at("13:12")
    return [
        writer.write(
            story=STORM,
            channel=content["channels"][number % len(content["channels"])],
            at=first_at + number * _STORM_EVERY,
            text=text.replace("{street}", street.name),
            place=street.random_place(writer.rng),
            kind="ROW-TREE-DOWN",
            language=language,
        )
        for number, street in enumerate(islice(southeast, _STORM_REPORTS))
        for text, language in [_text(content, number, _STORM_SPANISH_EVERY)]
    ]


def _camp_report(writer: StoryWriter, number: int) -> DemoSubmission:
    content, at = story_content()[CAMP], writer.at("06:40") + number * _CAMP_EVERY
    text, language = _text(content, number, _CAMP_SPANISH_EVERY)
    channel = content["channels"][number % len(content["channels"])]
    if at.hour not in CHANNELS[channel].hours:
        channel = "sms"
    return writer.write(
        story=CAMP,
        channel=channel,
        at=at,
        text=text,
        place=story_places()[CAMP].blurred(_CAMP_WITHIN_M, writer.rng),
        kind=content["kinds"].get(number, "CAMP-REPORT"),
        language=language,
    )


def _listed(
    writer: StoryWriter,
    story: str,
    reports: list[dict[str, Any]],
    place: str | None = None,
    apart_m: float = 0,
) -> list[DemoSubmission]:
    return [
        writer.write(
            story=story,
            at=writer.at(report.pop("at")),
            place=_place(report.pop("place", place), number * apart_m),
            **report,
        )
        for number, report in enumerate(map(dict, reports))
    ]


def _place(name: str | None, east_m: float) -> NamedPlace | None:
    if name is None:
        return None
    group, _, number = name.partition("/")
    return OUTSIDE[int(number)] if group == "outside" else story_places()[name].shifted(east_m)


def _text(content: dict[str, Any], number: int, spanish_every: int) -> tuple[str, str]:
    """Return the text of a story's report and its language."""
    language = "es" if number % spanish_every == spanish_every - 1 else "en"
    texts = content[language]
    return texts[number % len(texts)], language


@cache
def story_content() -> dict[str, Any]:
    """Return the content of ``stories.yaml``."""
    content: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return content
