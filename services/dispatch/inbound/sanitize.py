"""What outsiders write, without what nobody sees."""

from collections.abc import Mapping
from typing import Any

_UNSEEN = {code: None for code in (*range(32), 127) if chr(code) not in "\n\t"}


def strip_control_chars(data: object) -> Any:  # noqa: ANN401 - anything may come from outside
    """Return the data with no control characters in its fields, where they mean nothing."""
    if not isinstance(data, Mapping):
        return data
    return {
        name: value.translate(_UNSEEN) if isinstance(value, str) else value
        for name, value in data.items()
    }
