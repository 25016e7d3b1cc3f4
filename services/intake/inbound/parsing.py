"""What pydantic says is wrong with a submission, in words that say what to do."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import ValidationError

from services.intake.rules.required_fields import NOT_A_TIME, FieldProblem
from services.intake.rules.text import normalize_text
from shared.contract.events import Submission

Path: TypeAlias = tuple[str | int, ...]

_LONGEST_NAME = 100
_MISSING = ("missing", "string_too_short")
_CODE_BY_FIELD = {"channel": "unknown_channel", "observed_at": "bad_time"}
_CODE_BY_KIND = {
    "string_too_long": "too_long",
    "too_long": "too_long",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
    "model_type": "not_an_object",
    "dict_type": "not_an_object",
}
_TO_DO_BY_FIELD = {
    "url": "Write an address that begins with http:// or https://.",
    "observed_at": NOT_A_TIME,
    "latitude": "Write degrees from -90 to 90.",
    "longitude": "Write degrees from -180 to 180.",
    "accuracy_m": "Write metres from 0 to 1,000,000.",
}
_TO_DO_BY_KIND = {
    "model_type": "Write a JSON object.",
    "dict_type": "Write a JSON object.",
    "tuple_type": "Write a list.",
}
_OF_ANSWERS = (
    "Give the answer a name, and write it as text of at most 500 characters, a number, true or "
    "false, or a list of such texts."
)


def field_errors(faults: Iterable[Mapping[str, Any]]) -> dict[Path, FieldProblem]:
    """Return one flaw for each field at fault: what pydantic found first about it."""
    flaws: dict[Path, FieldProblem] = {}
    for fault in faults:
        path = _path(fault["loc"])
        if path not in flaws:
            flaws[path] = _flaw(path, fault["type"], fault.get("ctx", {}))
    return flaws


def _path(location: Path) -> Path:
    """Return a path of our fields; below an answer pydantic goes on with the parts of a union."""
    return location[:2] if location[0] == "attributes" else location


def _flaw(path: Path, kind: str, limits: Mapping[str, Any]) -> FieldProblem:
    field = ".".join(normalize_text(str(part))[:_LONGEST_NAME] for part in path)
    name = str(path[-1])
    if path[0] == "attributes" and path[1:]:
        return FieldProblem(field, _CODE_BY_KIND.get(kind, "invalid"), _OF_ANSWERS)
    if kind in _MISSING:
        return FieldProblem(field, f"missing_{name}", f"Add {name}.")
    code = _CODE_BY_FIELD.get(name) or _CODE_BY_KIND.get(kind, "invalid")
    return FieldProblem(field, code, _to_do(name, kind, limits))


def _to_do(name: str, kind: str, limits: Mapping[str, Any]) -> str:
    match kind:
        case "literal_error":
            return f"Write {limits['expected']}."
        case "string_too_long":
            return f"Write at most {limits['max_length']:,} characters."
        case "too_long":
            return f"Give at most {limits['max_length']:,} entries."
        case _:
            return _TO_DO_BY_FIELD.get(name) or _TO_DO_BY_KIND.get(kind, "Write text.")


MAX_FIELD_ERRORS = 100
_MOST_FAULTS = 1_000
_STAND_INS = {"jurisdiction": "unreadable", "channel": "kafka"}
_NO_OBJECT = FieldProblem("", "not_an_object", "Write the submission as a JSON object.")
_HOPELESS = FieldProblem(
    "", "invalid", f"More than {_MOST_FAULTS:,} things are wrong: send less at once."
)


@dataclass(frozen=True, slots=True)
class ParsedSubmission:
    """What could be read of a submission.

    Attributes:
        submission: All that is readable; stand-ins fill what is required and is not. None when
            the data are no object, or too much is wrong.
        flaws: Why it is not all; at most ``MOST_FLAWS``.
    """

    submission: Submission | None
    errors: tuple[FieldProblem, ...] = ()


def parse(data: Any) -> ParsedSubmission:  # noqa: ANN401 - anything may come from outside
    """Return what the data say, with every field that does not say it properly."""
    if not isinstance(data, dict):
        return ParsedSubmission(None, (_NO_OBJECT,))
    data = _without_blanks(data)
    try:
        return ParsedSubmission(Submission.model_validate(data))
    except ValidationError as error:
        if error.error_count() > _MOST_FAULTS:
            return ParsedSubmission(None, (_HOPELESS,))
        flaws = field_errors(error.errors(include_url=False, include_input=False))
    rest = {**_STAND_INS, **_pruned(data, (), flaws.keys(), _above(flaws))}
    return ParsedSubmission(
        Submission.model_validate(rest), tuple(flaws.values())[:MAX_FIELD_ERRORS]
    )


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
