"""Parsing of a submission: every readable field, and an error for every other one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from services.intake.inbound.field_errors import MAX_FIELD_ERRORS, Path, errors_by_path
from shared.contract.events import FieldError, Submission
from shared.contract.events.submissions import MAX_ATTRIBUTES, MAX_MEDIA, MAX_STATUS_UPDATES
from shared.redaction import Answer
from shared.text_matching.normalization import normalize_text

_MAX_PYDANTIC_ERRORS = 1_000
_PLACEHOLDERS = {"jurisdiction": "unreadable", "channel": "kafka"}
NOT_AN_OBJECT = FieldError(
    field="", code="not_an_object", message="Write the submission as a JSON object."
)
_TOO_MANY_ERRORS = FieldError(
    field="",
    code="invalid",
    message=f"More than {_MAX_PYDANTIC_ERRORS:,} things are wrong: send less at once.",
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
