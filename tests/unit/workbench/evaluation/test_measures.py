from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.triage.factories import CATALOGUE
from tests.unit.workbench.evaluation.factories import CITY, as_csv, outcome_of, row, write
from workbench.evaluation.exports import read_requests
from workbench.evaluation.measures import connected_components
from workbench.evaluation.trial import Period

FAR = {"latitude": "45.6"}


def test_shares_are_of_the_labelled_and_of_all_requests(tmp_path: Path) -> None:
    rows = [row("a"), row("b"), row("c", **FAR), row("d", latitude="45.7")]

    whole = outcome_of(tmp_path, [("b", "a"), ("c", "a")], *rows).whole

    assert (whole.requests, whole.labelled) == (4, 2)
    assert (whole.recall, whole.flagged_share, whole.right_case_share) == (0.5, 0.25, 0.5)


def test_a_duplicate_held_against_a_stranger_is_found_but_not_rightly_held(tmp_path: Path) -> None:
    whole = outcome_of(tmp_path, [("b", "a")], row("a", **FAR), row("aa"), row("b")).whole

    assert (whole.found, whole.right_case) == (1, 0)


def test_a_case_is_right_when_a_relative_was_attached_to_it_before(tmp_path: Path) -> None:
    whole = outcome_of(tmp_path, [("c", "b")], row("a"), row("b"), row("c")).whole

    assert (whole.found, whole.right_case) == (1, 1)


def test_without_labels_there_is_no_recall(tmp_path: Path) -> None:
    assert outcome_of(tmp_path, [], row("a")).whole.recall is None


def test_the_curve_falls_from_all_that_was_flagged_to_nothing(tmp_path: Path) -> None:
    rows = [row("a"), row("b", reported_at="2026-09-03T12:00:00")]

    curve = outcome_of(tmp_path, [("b", "a")], *rows).curve

    assert (curve[0].flagged_share, curve[0].recall) == (0.5, 1.0)
    assert (curve[-1].flagged_share, curve[-1].recall) == (0.0, 0.0)


def test_a_point_that_stands_for_unknown_says_nothing_of_place(tmp_path: Path) -> None:
    nowhere = {"latitude": "0", "longitude": "0"}

    assert not outcome_of(tmp_path, [], row("a", **nowhere), row("b", **nowhere)).whole.flagged


def test_a_step_of_the_curve_has_what_reaches_its_threshold_exactly(tmp_path: Path) -> None:
    rows = [row("a"), row("b")]

    [*_, certain] = outcome_of(tmp_path, [], *rows).curve

    assert (certain.threshold, certain.flagged_share) == (1.0, 0.5)


def test_an_address_beside_a_point_that_stands_for_unknown_is_the_place(tmp_path: Path) -> None:
    nowhere = {"latitude": "0", "longitude": "0"}
    rows = [row("a", address="12 Oak St", **nowhere), row("b", address="12 Oak Street", **nowhere)]
    elsewhere = row("c", address="9 Elm St", **nowhere)

    whole = outcome_of(tmp_path, [("b", "a"), ("c", "a")], *rows, elsewhere).whole

    assert (whole.flagged, whole.found) == (1, 1)


def test_a_family_is_all_that_pairs_connect() -> None:
    family_of = connected_components([("b", "a"), ("d", "c"), ("c", "b"), ("y", "x")])

    assert len({family_of[one] for one in "abcd"}) == 1
    assert family_of["x"] == family_of["y"] != family_of["a"]


@pytest.mark.parametrize(("days", "counted"), [(0, 3), (1, 2), (1.5, 1)])
def test_a_period_begins_so_many_days_after_the_first_request(
    tmp_path: Path, days: float, counted: int
) -> None:
    rows = [row(str(day), reported_at=f"2026-09-0{day}T12:00:00") for day in (1, 2, 3)]
    past = read_requests(write(tmp_path / "a", as_csv(*rows)), CATALOGUE, CITY)

    period = Period.of(past, after=timedelta(days=days))

    assert sum(found.reported_at in period for found in past.rows) == counted


def test_a_moment_without_a_zone_is_the_citys_and_the_end_does_not_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a", as_csv(row("a"), row("b", reported_at="2026-09-02T12:00:00")))
    past = read_requests(path, CATALOGUE, CITY)
    first, second = (found.reported_at for found in past.rows)

    assert first in Period.of(past, since=first.replace(tzinfo=None))
    assert second not in Period.of(past, until=second.replace(tzinfo=None))
