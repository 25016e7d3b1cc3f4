"""Records of a broken adapter that are no submissions at all."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cli.demo.scenario.broken import BROKEN
from cli.demo.scenario.scene import Scene
from shared.contract.events import SubmissionHandedIn, type_of

_TOO_LARGE = 1_300_000


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes on the adapters' topic that nobody can answer.

    Attributes:
        code: Why they are parked.
    """

    source: str
    handed_in_at: datetime
    value: bytes
    code: str


def garbage(scene: Scene) -> list[Garbage]:
    """Return one record for each way of being unreadable, and one more that lacks its id."""
    type_ = type_of(SubmissionHandedIn)
    family, _, _ = type_.rpartition(".")
    values = (
        (b"\x00\xffnot JSON at all {", "undecodable_event"),
        (_envelope(id=None), "undecodable_event"),
        (_envelope(type="com.example.weather.v1"), "unknown_type"),
        (_envelope(type=f"{family}.v9"), "unknown_version"),
        (_envelope(data={"description": "x" * _TOO_LARGE}), "too_large"),
    )
    return [
        Garbage(BROKEN, scene.at(9, 3) + number * timedelta(hours=2), value, code)
        for number, (value, code) in enumerate(values)
    ]


def _envelope(**changes: Any) -> bytes:  # noqa: ANN401 - any JSON
    fields = {
        "specversion": "1.0",
        "id": "garbage",
        "source": BROKEN,
        "type": type_of(SubmissionHandedIn),
        "data": {},
    }
    said = {name: value for name, value in (fields | changes).items() if value is not None}
    return json.dumps(said).encode()
