"""What pydantic says is wrong with a submission, in words that say what to do."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from services.intake.rules.flaw import Flaw
from services.intake.rules.required import NOT_A_TIME
from services.intake.rules.text import clean

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


def flaws_of(faults: Iterable[Mapping[str, Any]]) -> dict[Path, Flaw]:
    """Return one flaw for each field at fault: what pydantic found first about it."""
    flaws: dict[Path, Flaw] = {}
    for fault in faults:
        path = _path(fault["loc"])
        if path not in flaws:
            flaws[path] = _flaw(path, fault["type"], fault.get("ctx", {}))
    return flaws


def _path(location: Path) -> Path:
    """Return a path of our fields; below an answer pydantic goes on with the parts of a union."""
    return location[:2] if location[0] == "attributes" else location


def _flaw(path: Path, kind: str, limits: Mapping[str, Any]) -> Flaw:
    field = ".".join(clean(str(part))[:_LONGEST_NAME] for part in path)
    name = str(path[-1])
    if path[0] == "attributes" and path[1:]:
        return Flaw(field, _CODE_BY_KIND.get(kind, "invalid"), _OF_ANSWERS)
    if kind in _MISSING:
        return Flaw(field, f"missing_{name}", f"Add {name}.")
    code = _CODE_BY_FIELD.get(name) or _CODE_BY_KIND.get(kind, "invalid")
    return Flaw(field, code, _to_do(name, kind, limits))


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
