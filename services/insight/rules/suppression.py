"""Suppression of small cells, with complements, over all tables of one or two dimensions.

Tables of the same requests or cases have common margins, so one value can be computed from others.
A value is therefore hidden in every table or in none. The hidden values of a dimension are two or
more with enough counts together, and hidden in all of their row and column. Any other small cell of
a table with two dimensions is the corner of a rectangle of hidden cells: adding 1 to two opposite
corners and subtracting it from the others changes no published figure in any table.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import product
from typing import TypeAlias, TypeVar

SMALLEST_SHOWN = 11

V = TypeVar("V", bound=Hashable)
A = TypeVar("A", bound=Hashable)
B = TypeVar("B", bound=Hashable)
Pair: TypeAlias = tuple[A, B]


def hidden_values(counts: Mapping[V, int]) -> frozenset[V]:
    """Return the hidden values of one dimension; all of them if there are few counts at all."""
    if sum(counts.values()) < SMALLEST_SHOWN:
        return frozenset(counts)
    hidden = {value for value, count in counts.items() if count < SMALLEST_SHOWN}
    return frozenset(_completed(hidden, counts)) if hidden else frozenset()


def hidden_pairs(counts: Mapping[Pair[A, B], int]) -> frozenset[Pair[A, B]]:
    """Return the hidden cells of two dimensions; some of them may be empty.

    Whether a cell of a hidden value is empty is not shown, so they are all hidden.
    """
    rows, columns = _sums(counts, lambda pair: pair[0]), _sums(counts, lambda pair: pair[1])
    hidden_rows, hidden_columns = hidden_values(rows), hidden_values(columns)
    hidden = {(a, b) for a, b in product(rows, columns) if a in hidden_rows or b in hidden_columns}
    hidden |= {pair for pair, count in counts.items() if count < SMALLEST_SHOWN}
    before = -1
    while len(hidden) > before:
        before = len(hidden)
        _complete_lines(hidden, counts)
        for pair in sorted(_small(hidden, counts), key=str):
            if not _is_corner(pair, hidden):
                hidden |= _cheapest_rectangle(pair, rows, columns, hidden, counts)
    return frozenset(hidden)


def _sums(counts: Mapping[Pair[A, B], int], of: Callable[[Pair[A, B]], V]) -> dict[V, int]:
    sums: dict[V, int] = defaultdict(int)
    for pair, count in counts.items():
        sums[of(pair)] += count
    return sums


def _completed(hidden: set[V], counts: Mapping[V, int]) -> set[V]:
    """Hide more, the smallest first, until two or more have enough counts together."""
    others = sorted(counts.keys() - hidden, key=lambda value: (counts[value], str(value)))
    total = sum(counts.get(value, 0) for value in hidden)
    for value in others:
        if len(hidden) > 1 and total >= SMALLEST_SHOWN:
            break
        hidden = hidden | {value}
        total += counts[value]
    return hidden


def _complete_lines(hidden: set[Pair[A, B]], counts: Mapping[Pair[A, B], int]) -> None:
    """Complete each row and column that has hidden cells."""
    for side in (0, 1):
        lines: dict[Hashable, dict[Pair[A, B], int]] = defaultdict(dict)
        for pair, count in counts.items():
            lines[pair[side]][pair] = count
        for line in {pair[side] for pair in hidden}:
            hidden |= _completed({pair for pair in hidden if pair[side] == line}, lines[line])


def _small(hidden: Iterable[Pair[A, B]], counts: Mapping[Pair[A, B], int]) -> Iterable[Pair[A, B]]:
    return [pair for pair in hidden if 0 < counts.get(pair, 0) < SMALLEST_SHOWN]


def _is_corner(pair: Pair[A, B], hidden: Iterable[Pair[A, B]]) -> bool:
    a, b = pair
    columns: dict[A, set[B]] = defaultdict(set)
    for one, other in hidden:
        columns[one].add(other)
    beside = columns.pop(a) - {b}
    return any(b in found and found & beside for found in columns.values())


def _cheapest_rectangle(
    pair: Pair[A, B],
    rows: Iterable[A],
    columns: Iterable[B],
    hidden: set[Pair[A, B]],
    counts: Mapping[Pair[A, B], int],
) -> set[Pair[A, B]]:
    """Return the rectangle with the fewest counts to hide, without empty cells if possible.

    There is none in a table of one row or column, whose cells are those of the other dimension.
    """
    a, b = pair

    def cost(rectangle: set[Pair[A, B]]) -> tuple[bool, int, str]:
        more = rectangle - hidden
        is_empty = any(not counts.get(one) for one in more)
        return is_empty, sum(counts.get(one, 0) for one in more), str(sorted(map(str, more)))

    rectangles = [
        {(other, b), (a, another), (other, another)}
        for other, another in product(rows, columns)
        if other != a and another != b
    ]
    return min(rectangles, key=cost, default=set())
