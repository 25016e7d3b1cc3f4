"""Records of an export: rows of CSV, or requests of an Open311 answer in JSON or XML."""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TextIO
from xml.etree import ElementTree as ET

from workbench.evaluation.exports import numbered_rows
from workbench.replay.rows import UnreadableFileError

Records = Iterator[tuple[int, Mapping[str, Any]]]


def read_records(file: TextIO) -> tuple[Collection[str] | None, Records]:
    """Return the columns of CSV, None of an Open311 answer, and the records, numbered.

    A row of CSV has the number of its line, a request of an answer its own, from 1.

    Raises:
        UnreadableFileError: The file is neither.
    """
    first = file.read(1)
    while first.isspace():
        first = file.read(1)
    file.seek(0)
    if first == "[":
        return None, enumerate(_json_requests(file), start=1)
    if first == "<":
        return None, enumerate(_xml_requests(file), start=1)
    reader = csv.DictReader(file)
    rows = numbered_rows(reader)
    return reader.fieldnames or (), rows


def _json_requests(file: TextIO) -> list[dict[str, Any]]:
    try:
        found = json.load(file)
    except ValueError:
        raise UnreadableFileError("the file is no JSON") from None
    if not all(isinstance(one, dict) for one in found):
        raise UnreadableFileError("the file is no list of requests")
    return found  # type: ignore[no-any-return]  # each element was looked at


def _xml_requests(file: TextIO) -> list[dict[str, Any]]:
    try:
        root = ET.parse(file).getroot()  # noqa: S314 - a file of the person who replays it
    except ET.ParseError as error:
        raise UnreadableFileError(f"the file is no XML: {error}") from None
    return [{part.tag: part.text or "" for part in request} for request in root.iter("request")]
