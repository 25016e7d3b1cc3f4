"""Reads the data of a submission as far as they can be read."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.intake.complaints import Path, flaws_of
from services.intake.rules.flaw import Flaw
from shared.events import Submission

MOST_FLAWS = 100
_MOST_FAULTS = 1_000
_STAND_INS = {"jurisdiction": "unreadable", "channel": "kafka"}
_NO_OBJECT = Flaw("", "not_an_object", "Write the submission as a JSON object.")
_HOPELESS = Flaw("", "invalid", f"More than {_MOST_FAULTS:,} things are wrong: send less at once.")


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a submission.

    Attributes:
        submission: All that is readable; stand-ins fill what is required and is not. None when
            the data are no object, or too much is wrong.
        flaws: Why it is not all; at most ``MOST_FLAWS``.
    """

    submission: Submission | None
    flaws: tuple[Flaw, ...] = ()


def read(data: Any) -> Reading:  # noqa: ANN401 - anything may come from outside
    """Return what the data say, with every field that does not say it properly."""
    if not isinstance(data, dict):
        return Reading(None, (_NO_OBJECT,))
    data = _without_blanks(data)
    try:
        return Reading(Submission.model_validate(data))
    except ValidationError as error:
        if error.error_count() > _MOST_FAULTS:
            return Reading(None, (_HOPELESS,))
        flaws = flaws_of(error.errors(include_url=False, include_input=False))
    rest = {**_STAND_INS, **_pruned(data, (), flaws.keys(), _above(flaws))}
    return Reading(Submission.model_validate(rest), tuple(flaws.values())[:MOST_FLAWS])


def _without_blanks(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data without what says nothing: null, and a blank code of a kind."""
    said = {name: value for name, value in data.items() if value is not None}
    code, reporter = said.get("service_code"), said.get("reporter")
    if isinstance(code, str) and not code.strip():
        del said["service_code"]
    if isinstance(reporter, dict) and None in reporter.values():
        said["reporter"] = {name: value for name, value in reporter.items() if value is not None}
    return said


def _above(wrong: Collection[Path]) -> Collection[Path]:
    return {path[:depth] for path in wrong for depth in range(len(path))}


def _pruned(value: Any, path: Path, wrong: Collection[Path], above: Collection[Path]) -> Any:  # noqa: ANN401 - any JSON
    """Return the value without the fields, and without the entries of lists, that are wrong."""
    if path not in above:
        return value
    if isinstance(value, dict):
        return {
            name: _pruned(part, (*path, name), wrong, above)
            for name, part in value.items()
            if (*path, name) not in wrong
        }
    return [
        _pruned(part, (*path, place), wrong, above)
        for place, part in enumerate(value)
        if (*path, place) not in wrong and (*path, place) not in above
    ]
