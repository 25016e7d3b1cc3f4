"""Small files that are read while they are replaced."""

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:  # noqa: ANN401 - any JSON value
    """Replace the file in one step, so that a reader sees the old or the new one whole."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file, indent=2)
    new.replace(path)
