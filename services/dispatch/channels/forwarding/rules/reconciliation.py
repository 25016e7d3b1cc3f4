"""Comparison of the work orders that a bureau has with those that it should have."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

from shared.vocabulary import FINAL_STATUSES, WorkOrderStatus

DifferenceKind: TypeAlias = Literal["closed_there", "closed_here", "missing_there", "unknown_here"]

_CLOSED = FINAL_STATUSES | {"closed"}
_OPEN = {*get_args(WorkOrderStatus), "open"} - _CLOSED
_COLUMNS = ("work_order_id", "status")


class Difference(NamedTuple):
    """A work order that is not the same here and there.

    Attributes:
        work_order_id: Its id.
        kind: What differs.
        here: Its status here; None where it is unknown.
        there: Its status there; None likewise.
    """

    work_order_id: str
    kind: DifferenceKind
    here: str | None
    there: str | None


class ExportError(ValueError):
    """An export cannot be read; the text says where and what to do."""


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[Difference]:
    """Return what differs, by kind and id.

    Args:
        here: Status of each work order of the bureau, by id.
        there: Status of each work order in its own system: ours, ``open`` or ``closed``.
    """
    found = [_difference(id_, here.get(id_), there.get(id_)) for id_ in here.keys() | there.keys()]
    kinds = get_args(DifferenceKind)
    return sorted(filter(None, found), key=lambda one: (kinds.index(one.kind), one.work_order_id))


def _difference(id_: str, here: str | None, there: str | None) -> Difference | None:
    kind: DifferenceKind | None = None
    if here is None:
        kind = "unknown_here"
    elif there is None:
        kind = None if here in _CLOSED else "missing_there"
    elif (here in _CLOSED) != (there in _CLOSED):
        kind = "closed_here" if here in _CLOSED else "closed_there"
    return Difference(id_, kind, here, there) if kind else None


def read_export(text: str) -> dict[str, str]:
    """Return the status of each work order in a CSV export.

    Args:
        text: The file, with the columns ``work_order_id`` and ``status`` among others.

    Raises:
        ExportError: A column is missing, or a status is unknown.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        names = {name.strip().lower(): name for name in reader.fieldnames or ()}
        if missing := [name for name in _COLUMNS if name not in names]:
            raise ExportError(f"line 1: there is no column {' and no column '.join(missing)}")
        id_column, status_column = (names[name] for name in _COLUMNS)
        return dict(_rows(reader, id_column, status_column))
    except csv.Error as error:
        raise ExportError(f"line {reader.line_num}: this is no CSV ({error})") from None


def _rows(
    reader: "csv.DictReader[str]", id_column: str, status_column: str
) -> Iterator[tuple[str, str]]:
    for row in reader:
        work_order_id = (row[id_column] or "").strip().lower()
        status = (row[status_column] or "").strip().lower().replace(" ", "_")
        if status not in _OPEN | _CLOSED:
            known = ", ".join(sorted(_OPEN | _CLOSED))
            raise ExportError(f"line {reader.line_num}: write as status one of {known}")
        if work_order_id:
            yield work_order_id, status
