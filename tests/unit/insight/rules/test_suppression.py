"""Small cells are hidden, and no arithmetic on the published tables gives one back."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.insight.rules.suppression import hidden_pairs, hidden_values
from services.insight.rules.tables import Cell, hidden_cells

SIZES = (6, 4, 7, 2)  # values of each dimension of the attacked tables
Table = tuple[int, ...]
Key = tuple[Table, Cell]
Matrix = NDArray[np.float64]


def everything(people: Sequence[Cell]) -> dict[Key, int]:
    """Every cell of every table by none, one and two dimensions."""
    found: Counter[Key] = Counter()
    for by in [t for size in range(3) for t in combinations(range(len(SIZES)), size)]:
        found.update((by, tuple(one[d] for d in by)) for one in people)
    return dict(found)


def hidden_in(cells: Mapping[Key, int]) -> set[Key]:
    hidden = set()
    for by in {by for by, _ in cells}:
        counts = {cell: n for (table, cell), n in cells.items() if table == by}
        hidden |= {(by, cell) for cell in hidden_cells(counts, len(by))}
    return hidden


def equations(hidden: set[Key]) -> tuple[Matrix, list[Key]]:
    """What an attacker knows of the hidden cells: each line sums up to its margin.

    Published cells are numbers, so that a row holds the coefficients of the hidden cells alone.
    """
    unknowns = sorted(hidden, key=str)
    rows: dict[tuple[Table, Key], dict[int, int]] = {}
    for number, (by, cell) in enumerate(unknowns):
        for left_out in by:
            rest = tuple(v for v, d in zip(cell, by, strict=True) if d != left_out)
            margin = (tuple(d for d in by if d != left_out), rest)
            rows.setdefault((by, margin), {})[number] = 1
        for other in set(range(len(SIZES))) - {*by} if len(by) < 2 else ():
            table = tuple(sorted((*by, other)))
            rows.setdefault((table, (by, cell)), {})[number] = -1
    found = np.zeros((len(rows), len(unknowns)))
    for row, coefficients in enumerate(rows.values()):
        for column, coefficient in coefficients.items():
            found[row, column] = coefficient
    return found, unknowns


def revealed(hidden: set[Key]) -> set[Key]:
    """The hidden cells that are the same in every solution of the attacker's equations."""
    known, unknowns = equations(hidden)
    if not unknowns:
        return set()
    _, sizes, directions = np.linalg.svd(known)
    free = directions[int((sizes > 1e-9).sum()) :]  # what can be added to a solution
    return {cell for cell, moves in zip(unknowns, free.T, strict=True) if np.allclose(moves, 0)}


def draw(rng: random.Random, people: int) -> list[Cell]:
    """People in cells, most of them in few."""
    weights = [[rng.random() ** 3 for _ in range(size)] for size in SIZES]
    return [
        tuple(rng.choices(range(size), w)[0] for size, w in zip(SIZES, weights, strict=True))
        for _ in range(people)
    ]


@pytest.mark.parametrize("people", [8, 15, 40, 120, 400])
@pytest.mark.parametrize("seed", range(8))
def test_no_small_cell_can_be_had_by_subtracting_published_tables(people: int, seed: int) -> None:
    cells = everything(draw(random.Random(seed * 1_000 + people), people))
    hidden = hidden_in(cells)

    small = {cell for cell, n in cells.items() if n < 11}

    assert small <= hidden
    assert not revealed(hidden) & small


def test_the_attack_finds_what_primary_suppression_alone_gives_away() -> None:
    cells = everything(draw(random.Random(1), 120))
    small = {cell for cell, n in cells.items() if n < 11}

    assert revealed(small) & small


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param({"a": 11, "b": 11}, set(), id="none is small"),
        pytest.param({"a": 10, "b": 30, "c": 12}, {"a", "c"}, id="the smallest other with it"),
        pytest.param({"a": 5, "b": 5, "c": 90}, {"a", "b", "c"}, id="two are too few together"),
        pytest.param({"a": 5, "b": 6, "c": 90}, {"a", "b"}, id="two are enough together"),
        pytest.param({"a": 10}, {"a"}, id="too few at all"),
        pytest.param({"a": 11}, set(), id="all in one cell"),
        pytest.param({"a": 3, "b": 3, "c": 4}, {"a", "b", "c"}, id="too few in all cells"),
    ],
)
def test_values_of_one_dimension(counts: dict[str, int], hidden: set[str]) -> None:
    assert hidden_values(counts) == hidden


def test_a_small_pair_is_the_corner_of_a_rectangle_with_the_fewest_others() -> None:
    counts = {("a", 1): 5, ("a", 2): 50, ("a", 3): 20, ("b", 1): 60, ("b", 2): 70, ("b", 3): 30}

    assert hidden_pairs(counts) == {("a", 1), ("a", 3), ("b", 1), ("b", 3)}


def test_a_hidden_value_is_hidden_beside_every_other_value_also_where_it_is_empty() -> None:
    counts = {("a", 1): 40, ("a", 2): 40, ("b", 1): 3, ("c", 2): 12}

    assert hidden_pairs(counts) >= {("b", 1), ("b", 2), ("c", 1), ("c", 2)}


def test_a_cell_between_two_blocks_is_no_bridge_from_which_it_could_be_computed() -> None:
    """Rows and columns with two hidden cells are not enough: block sums give the cell between."""
    counts = {(a, b): 50 for a in range(4) for b in range(4)}
    counts |= {
        (a, b): 6 for block in (0, 2) for a in (block, block + 1) for b in (block, block + 1)
    }
    counts |= {(1, 2): 6}

    hidden = hidden_pairs(counts)

    assert any(
        {(1, b), (a, 2), (a, b)} <= hidden for a in range(4) for b in range(4) if a != 1 and b != 2
    )
