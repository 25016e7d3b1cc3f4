"""Parsing of a submission: every readable field, and an error for every other one.

Each error names the correction that the adapter should make.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from pydantic import ValidationError

from shared.contract.events import FieldError, Submission, SubmittedLocation
from shared.contract.events.submissions import MAX_ATTRIBUTES, MAX_MEDIA, MAX_STATUS_UPDATES
from shared.redaction import REMOVED, Answer, Redactor
from shared.text_matching.normalization import normalize_or_none, normalize_text

Path: TypeAlias = tuple[str | int, ...]

MAX_FIELD_ERRORS = 100

_MAX_NAME_LENGTH = 100
_ATTRIBUTE = "attributes."
_NO_LOCATION = SubmittedLocation()
_TIME_FORMAT = "Write a moment with its offset, such as 2026-11-24T08:10:00-08:00."
_MISSING = ("missing", "string_too_short")
_CODE_BY_FIELD = {"channel": "unknown_channel", "observed_at": "bad_time"}
_CODE_BY_TYPE = {
    "string_too_long": "too_long",
    "too_long": "too_long",
    "total_text_too_long": "too_long",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
    "model_type": "not_an_object",
    "dict_type": "not_an_object",
}
_CORRECTION_BY_FIELD = {
    "url": "Write an address that begins with http:// or https://.",
    "observed_at": _TIME_FORMAT,
    "latitude": "Write degrees from -90 to 90.",
    "longitude": "Write degrees from -180 to 180.",
    "accuracy_m": "Write metres from 0 to 1,000,000.",
}
_CORRECTION_BY_TYPE = {
    "model_type": "Write a JSON object.",
    "dict_type": "Write a JSON object.",
    "tuple_type": "Write a list.",
}
_CORRECTION_OF_ATTRIBUTES = (
    "Give the answer a name, and write it as text of at most 500 characters, a number, true or "
    "false, or a list of at most 50 such texts."
)


def field_errors(error: ValidationError) -> tuple[FieldError, ...]:
    """Return one error for each invalid field, at most ``MAX_FIELD_ERRORS``."""
    return tuple(errors_by_path(error).values())[:MAX_FIELD_ERRORS]


def errors_by_path(invalid: ValidationError) -> dict[Path, FieldError]:
    """Return one error for each invalid field, by its path.

    It is the first that pydantic found, except that a list is reported as too long rather than as
    none of the other types that an attribute may have.
    """
    by_path: dict[Path, FieldError] = {}
    for error in invalid.errors(include_url=False, include_input=False):
        path = error["loc"]
        if path[0] == "attributes":  # pydantic appends the parts of a union
            path = path[:2]
        if path not in by_path or error["type"] == "too_long":
            by_path[path] = _from_pydantic(path, error["type"], error.get("ctx", {}))
    return by_path


def _from_pydantic(path: Path, error_type: str, limits: Mapping[str, Any]) -> FieldError:
    field = ".".join(normalize_text(str(part))[:_MAX_NAME_LENGTH] for part in path)
    name = str(path[-1])
    if path[0] == "attributes" and path[1:]:
        code = _CODE_BY_TYPE.get(error_type, "invalid")
        return _error(field, code, _CORRECTION_OF_ATTRIBUTES)
    if error_type in _MISSING:
        return _error(field, f"missing_{name}", f"Add {name}.")
    code = _CODE_BY_FIELD.get(name) or _CODE_BY_TYPE.get(error_type, "invalid")
    return _error(field, code, _correction(name, error_type, limits))


def _correction(name: str, error_type: str, limits: Mapping[str, Any]) -> str:
    match error_type:
        case "literal_error":
            return f"Write {limits['expected']}."
        case "string_too_long":
            return f"Write at most {limits['max_length']:,} characters."
        case "total_text_too_long":
            return (
                f"Write at most {limits['max_length']:,} characters in description, location and "
                "attributes together."
            )
        case "too_long":
            return f"Give at most {limits['max_length']:,} entries."
        case _:
            return _CORRECTION_BY_FIELD.get(name) or _CORRECTION_BY_TYPE.get(
                error_type, "Write text."
            )


def _error(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)


def without_contact(errors: Iterable[FieldError], redactor: Redactor) -> Iterator[FieldError]:
    """Yield the errors without contact data in the names of answers, which may be any text."""
    for error in errors:
        name = error.field.removeprefix(_ATTRIBUTE)
        if name != error.field and redactor.holds_contact(name):
            yield error.model_copy(update={"field": _ATTRIBUTE + REMOVED})
        else:
            yield error


def unknown_jurisdiction(known: Collection[str]) -> FieldError:
    """Return the error for a city that the catalogue does not have."""
    names = ", ".join(sorted(known))
    return _error("jurisdiction", "unknown_jurisdiction", f"We serve {names}: write one of these.")


UNKNOWN_SERVICE_CODE = _error(
    "service_code",
    "unknown_service_code",
    "Write a code of the city's service list, or leave it out and describe the problem.",
)
BAD_TIME = _error("time", "bad_time", f"{_TIME_FORMAT} Or leave it out.")
ID_REUSED = _error("id", "id_reused", "This id was used for other data before: take a new id.")


def bad_language(field: str) -> FieldError:
    """Return the error for a malformed language tag in ``field``."""
    return _error(field, "invalid", "Write a BCP 47 tag such as en or es, or leave it out.")


def missing_fields(submission: Submission, *, needs_location: bool) -> list[FieldError]:
    """Return an error for each required part of a submission that it lacks."""
    errors = []
    at = submission.location or _NO_LOCATION
    has_latitude, has_longitude = at.latitude is not None, at.longitude is not None
    if submission.service_code is None and not normalize_or_none(submission.description):
        message = "Tell us what: a service_code, a description, or both."
        errors.append(_error("description", "missing_description", message))
    if has_latitude != has_longitude:
        message = "A point needs latitude and longitude: add the other one."
        errors.append(_error("location", "incomplete_point", message))
    elif needs_location and not (has_latitude or normalize_or_none(at.address)):
        message = "Tell us where: a point or an address."
        errors.append(_error("location", "missing_location", message))
    return errors


def without_redundant(
    errors: Iterable[FieldError], known: Collection[FieldError]
) -> tuple[FieldError, ...]:
    """Return the errors that no known error explains.

    An error of the same field, of its parent or of a part of it explains an error: a point with an
    impossible latitude is not reported as incomplete as well.
    """
    return tuple(
        error
        for error in errors
        if not any(
            _is_within(error.field, other.field) or _is_within(other.field, error.field)
            for other in known
        )
    )


def _is_within(part: str, whole: str) -> bool:
    return whole in ("", part) or part.startswith(f"{whole}.")


_MAX_PYDANTIC_ERRORS = 1_000
_PLACEHOLDERS = {"jurisdiction": "unreadable", "channel": "kafka"}
NOT_AN_OBJECT = _error("", "not_an_object", "Write the submission as a JSON object.")
_TOO_MANY_ERRORS = _error(
    "", "invalid", f"More than {_MAX_PYDANTIC_ERRORS:,} things are wrong: send less at once."
)


@dataclass(frozen=True, slots=True)
class ParsedSubmission:
    """The readable part of a submission.

    Attributes:
        submission: All readable fields, with placeholders for required fields that are not. None
            when the data are no object or have too many errors.
        field_errors: At most ``MAX_FIELD_ERRORS``; empty when everything is readable.
    """

    submission: Submission | None
    field_errors: tuple[FieldError, ...] = ()


def parse(data: Any) -> ParsedSubmission:  # noqa: ANN401 - anything may come from outside
    """Return the readable fields of a submission's data, and an error for each other field."""
    if not isinstance(data, dict):
        return ParsedSubmission(None, (NOT_AN_OBJECT,))
    data = shortened(_without_blanks(data))
    try:
        return ParsedSubmission(Submission.model_validate(data))
    except ValidationError as error:
        if error.error_count() > _MAX_PYDANTIC_ERRORS:
            return ParsedSubmission(None, (_TOO_MANY_ERRORS,))
        errors = errors_by_path(error)
    ancestors = {path[:depth] for path in errors for depth in range(len(path))}
    readable = {**_PLACEHOLDERS, **_prune(data, (), errors.keys(), ancestors)}
    return ParsedSubmission(
        Submission.model_validate(readable), tuple(errors.values())[:MAX_FIELD_ERRORS]
    )


def shortened(data: dict[str, Any]) -> dict[str, Any]:
    """Cut each list and object to one entry too many: still invalid, and in bounded time."""
    media, attributes = data.get("media"), data.get("attributes")
    if isinstance(media, list):
        data = data | {"media": media[: MAX_MEDIA + 1]}
    if isinstance(attributes, dict):
        data = data | {"attributes": dict(islice(attributes.items(), MAX_ATTRIBUTES + 1))}
    reporter = data.get("reporter")
    if isinstance(reporter, dict) and isinstance(updates := reporter.get("status_updates"), list):
        few = updates[: MAX_STATUS_UPDATES + 1]
        data = data | {"reporter": reporter | {"status_updates": few}}
    return data


def _without_blanks(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data without nulls and without a blank service code, as if they were absent."""
    data = {name: value for name, value in data.items() if value is not None}
    code, reporter = data.get("service_code"), data.get("reporter")
    if isinstance(code, str) and not code.strip():
        del data["service_code"]
    if isinstance(reporter, dict) and None in reporter.values():
        data["reporter"] = {name: value for name, value in reporter.items() if value is not None}
    return data


def _prune(value: Any, path: Path, invalid: Collection[Path], ancestors: Collection[Path]) -> Any:  # noqa: ANN401 - any JSON
    """Return the value without its invalid fields, and without list entries that have one."""
    if path not in ancestors:
        return value
    if isinstance(value, dict):
        return {
            name: _prune(part, (*path, name), invalid, ancestors)
            for name, part in value.items()
            if (*path, name) not in invalid
        }
    return [
        part
        for index, part in enumerate(value)
        if (*path, index) not in invalid and (*path, index) not in ancestors
    ]


def normalize_attributes(attributes: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the answers with normalized names and texts, without those whose name is blank."""
    normalized = {normalize_text(name): _normalize(answer) for name, answer in attributes.items()}
    normalized.pop("", None)
    return normalized


def _normalize(answer: Answer) -> Answer:
    if isinstance(answer, str):
        return normalize_text(answer)
    return [normalize_text(part) for part in answer] if isinstance(answer, list) else answer
