from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.support.triage.factories import CATALOGUE, POLICY
from tests.unit.workbench.evaluation.factories import CITY, as_csv, row, write
from workbench.evaluation.exports import read_requests
from workbench.evaluation.training.limits import LimitsProposal, propose_limits

METRE = 1 / 111_195
RULES = POLICY.cities[CITY]
OWN = RULES.dedup_limits["CAMP"]


def spread_of(
    folder: Path, apart: Sequence[tuple[float, int]], kind: str = "CAMP"
) -> LimitsProposal | None:
    """What pairs of one kind so many metres and hours apart ask for."""
    rows = [
        row(
            f"{n}{turn}",
            service_code=kind,
            latitude=45.5 + n / 100 + turn * metres * METRE,
            reported_at=f"2026-09-{1 + turn * hours // 24:02}T{turn * hours % 24:02}:00:00",
        )
        for n, (metres, hours) in enumerate(apart)
        for turn in (0, 1)
    ]
    past = read_requests(write(folder / "past.csv", as_csv(*rows)), CATALOGUE, CITY)
    return propose_limits(past, [(f"{n}1", f"{n}0") for n in range(len(apart))], RULES).get(kind)


def test_the_radius_holds_four_of_five_pairs_and_the_window_nearly_all(tmp_path: Path) -> None:
    far = OWN.radius_m * 3
    pairs = [(n - 0.5, n) for n in range(20, 36)] + [(far, 40)] * 4

    spread = spread_of(tmp_path, pairs)

    assert spread is not None
    assert (spread.limits.radius_m, spread.limits.window) == (35, timedelta(hours=40))
    assert (spread.pairs, spread.before, spread.after) == (20, 16, 16)


def test_no_fewer_pairs_are_held_than_by_what_is_in_use(tmp_path: Path) -> None:
    pairs = [(5.0, 1)] * 18 + [(OWN.radius_m - 1, 1)] * 2

    spread = spread_of(tmp_path, pairs)

    assert spread is None or spread.limits.radius_m >= OWN.radius_m - 1


def test_a_radius_is_never_less_than_a_phone_may_be_off(tmp_path: Path) -> None:
    spread = spread_of(tmp_path, [(0.0, 0)] * 20)

    assert spread is not None
    assert (spread.limits.radius_m, spread.limits.window) == (15, timedelta(hours=1))


def test_few_pairs_ask_for_nothing(tmp_path: Path) -> None:
    assert spread_of(tmp_path, [(5.0, 1)] * 19) is None
