"""Tables of counts and figures by up to two dimensions, with small cells suppressed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from services.insight.rules.suppression import SMALLEST_SHOWN, hidden_pairs, hidden_values

Value: TypeAlias = str | int | None
Cell: TypeAlias = tuple[Value, ...]
Figures: TypeAlias = Mapping[str, Any]

MOST_DIMENSIONS = 2


class Fact(Protocol):
    """Common properties of requests, cases and contacts; ``at`` is in the city's time."""

    @property
    def kind(self) -> str | None: ...  # noqa: D102
    @property
    def group(self) -> str | None: ...  # noqa: D102
    @property
    def bureau(self) -> str | None: ...  # noqa: D102
    @property
    def district(self) -> str | None: ...  # noqa: D102
    @property
    def channel(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str | None: ...  # noqa: D102
    @property
    def priority(self) -> str | None: ...  # noqa: D102
    @property
    def at(self) -> datetime: ...  # noqa: D102


F = TypeVar("F", bound=Fact)

DIMENSIONS: Mapping[str, Callable[[Any], Value]] = {
    "kind": lambda fact: fact.kind,
    "group": lambda fact: fact.group,
    "bureau": lambda fact: fact.bureau,
    "district": lambda fact: fact.district,
    "channel": lambda fact: fact.channel,
    "language": lambda fact: fact.language,
    "priority": lambda fact: fact.priority,
    "month": lambda fact: f"{fact.at:%Y-%m}",
    "weekday": lambda fact: fact.at.isoweekday(),
    "hour": lambda fact: fact.at.hour,
}


class Row(NamedTuple):
    """A row of a table; ``n`` and all figures, or these alone, are None where they are hidden."""

    cell: Cell
    n: int | None
    figures: Figures


def cell_of(fact: Fact, by: Sequence[str]) -> Cell:
    """Return the cell of a fact in a table by these dimensions."""
    return tuple(DIMENSIONS[name](fact) for name in by)


def table(
    facts: Sequence[F],
    by: Sequence[str],
    measure: Callable[[Cell, Sequence[F]], Figures],
    untold: Collection[Cell] = (),
) -> list[Row]:
    """Return a row for each cell, in order of its values, unknown ones last.

    Args:
        untold: Cells whose figures are None, whether or not ``n`` is.
    """
    cells: dict[Cell, list[F]] = defaultdict(list)
    for fact in facts:
        cells[cell_of(fact, by)].append(fact)
    hidden = hidden_cells({cell: len(found) for cell, found in cells.items()}, len(by))
    nothing = dict.fromkeys(measure((), ()), None)
    return [
        Row(
            cell,
            None if cell in hidden else len(cells[cell]),
            nothing if cell in hidden or cell in untold else measure(cell, cells[cell]),
        )
        for cell in sorted(cells.keys() | hidden, key=_order)
    ]


def small_cells(
    facts: Iterable[F], by: Sequence[str], *partitions: Callable[[F], Hashable]
) -> frozenset[Cell]:
    """Return the cells in which the count of one class of facts is hidden, as ``n`` would be.

    A class that a cell has none of is not small there. Such a cell has to hide its other counts
    too: beside them and ``n``, the one could be had by subtraction.

    Args:
        partitions: The class of a fact, whose numbers are published or are differences of what is.
    """
    totals: dict[Hashable, dict[Cell, int]] = defaultdict(lambda: defaultdict(int))
    for fact in facts:
        cell = cell_of(fact, by)
        for partition in partitions:
            totals[partition, partition(fact)][cell] += 1
    return frozenset[Cell]().union(*(hidden_cells(total, len(by)) for total in totals.values()))


def hidden_cells(counts: Mapping[Cell, int], dimensions: int) -> frozenset[Cell]:
    """Return the hidden cells of a table of none to two dimensions."""
    if dimensions < MOST_DIMENSIONS:
        return hidden_values(counts)
    if sum(counts.values()) < SMALLEST_SHOWN:
        return frozenset(counts)
    return frozenset(hidden_pairs({(cell[0], cell[1]): n for cell, n in counts.items()}))


def _order(cell: Cell) -> list[tuple[bool, int, str]]:
    return [(value is None, value if isinstance(value, int) else 0, str(value)) for value in cell]
