"""Our own form: one submission a line, as a CloudEvent or as its data alone."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, TextIO

from pydantic import ValidationError

from cli.replay.rows import Row, Sendable, Unsendable, submission
from shared.contract.events import SubmissionHandedIn, invalid_fields

_ID_SYMBOLS = 32


def read_submissions(file: TextIO) -> Iterator[Row]:
    """Read each line of JSON; a CloudEvent is sent as it is.

    Data alone gets an id made of its text, so that a second replay says the same again.
    """
    for line, text in enumerate(file, start=1):
        if text.strip():
            yield _read(line, text.strip())


def _read(line: int, text: str) -> Row:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return Unsendable(line, text, "no JSON")
    if not isinstance(found, dict):
        return Unsendable(line, text, "no JSON object")
    if "specversion" not in found:
        row_id = sha256(text.encode()).hexdigest()[:_ID_SYMBOLS]
        return Sendable(line, submission("submissions", row_id, found.pop("time", None), found))
    try:
        return Sendable(line, SubmissionHandedIn.model_validate(found))
    except ValidationError as error:
        return Unsendable(line, text, invalid_fields(error))
