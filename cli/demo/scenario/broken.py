"""Stories about adapters that do it wrong: repeated, reused and faulty submissions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cli.demo.scenario.places import somewhere
from cli.demo.scenario.report import BY_HTTP, Report
from cli.demo.scenario.scene import Scene
from cli.demo.scenario.texts import says
from cli.demo.scenario.writing import CITY

STUTTER, REUSED, WRONG = "stutter", "reused", "wrong"

STUTTERING, BROKEN = "/adapters/stuttering-kiosk", "/adapters/broken-kiosk"
REPEATED, TIMES = 12, 3
_AGAIN_AFTER = timedelta(minutes=25)
_TOO_MANY_WORDS = 700


def a_stutter(scene: Scene) -> list[Report]:
    """One adapter hands in everything three times under the same ids."""
    once = [_from_stutterer(scene, number) for number in range(REPEATED)]
    return [
        report.held_back_until(report.sent_at + again * _AGAIN_AFTER)
        for report in once
        for again in range(TIMES)
    ]


def an_id_with_other_data(scene: Scene) -> list[Report]:
    """One adapter uses an id twice, for two different things."""
    first = _from_stutterer(scene, REPEATED)
    second = replace(
        first,
        data={**first.data, "description": "Graffiti on the other side as well."},
        story=REUSED,
    ).held_back_until(first.sent_at + _AGAIN_AFTER)
    return [replace(first, story=REUSED), second]


def wrong_data(scene: Scene) -> list[Report]:
    """A broken adapter, and one form over HTTP, hand in what cannot be accepted."""
    here = {"latitude": 45.5121, "longitude": -122.6400}
    wrong: list[dict[str, Any]] = [
        {"jurisdiction": "atlantis.gov", "service_code": "ROW-POTHOLE", "location": here},
        {"jurisdiction": CITY, "service_code": "GRAF-PUBLIC", "description": "Graffiti somewhere"},
        {"jurisdiction": CITY, "service_code": "SEA-MONSTER", "location": here},
        {"jurisdiction": CITY, "description": "Trash, " * _TOO_MANY_WORDS, "location": here},
        {
            "jurisdiction": CITY,
            "channel": "pigeon",
            "location": {"latitude": 145.5, "longitude": -122.6},
            "observed_at": "yesterday",
        },
        {"jurisdiction": CITY, "service_code": "ROW-POTHOLE", "description": "Pothole, find it."},
    ]
    reports = list(_numbered(scene, wrong))
    return [*reports[:-1], replace(reports[-1], source=BY_HTTP)]


def _from_stutterer(scene: Scene, number: int) -> Report:
    place = somewhere(scene.rng)
    text, language = says("GRAF-SIGN", "en", place.street, scene.rng)
    return scene.tell(
        STUTTER,
        "kafka",
        scene.at(9, 10) + number * timedelta(minutes=11),
        text,
        place,
        kind="GRAF-SIGN",
        language=language,
        source=STUTTERING,
    )


def _numbered(scene: Scene, wrong: list[dict[str, Any]]) -> Iterator[Report]:
    for number, data in enumerate(wrong):
        at = scene.at(10 + number, 33)
        yield Report(BROKEN, f"wrong-{number}", at, at, {"channel": "kafka", **data}, WRONG)
