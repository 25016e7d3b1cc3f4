import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from services.triage.policy import CityPolicy
from shared.catalogue import PACKAGE_DATA, CatalogueError, load_catalogue
from shared.catalogue.evidence import Assets, Contrast, DedupLimits, Slope, WordWeights
from shared.catalogue.evidence_file import EVIDENCE, read_evidence
from tests.support.triage.factories import CITY
from tests.unit.workbench.evaluation.training.factories import evidence

TEXT = """
reach: 200 m
distance: {0: 20, 100 m: -5}
no_distance: -10
apart: {0: 5, 1 h: 15, 2 d: -5}
same_kind: 10
same_street: 15
default: {start: -8, duplicate: 50, possible: 20}
groups:
  tree: {start: 10}
  camp: {start: 12, duplicate: 60, possible: 40}
kinds: {CAMP: 4}
"""


def written(folder: Path, text: str) -> Path:
    city = folder / "rivertown.gov"
    city.mkdir()
    (city / EVIDENCE).write_text(text)
    return city


def test_a_city_without_the_file_goes_by_radius_and_window_alone(tmp_path: Path) -> None:
    assert read_evidence(tmp_path) is None


def test_points_are_by_metres_and_hours_and_groups_without_thresholds_take_the_default(
    tmp_path: Path,
) -> None:
    evidence = read_evidence(written(tmp_path, TEXT))

    assert evidence is not None
    assert (evidence.distance(50), evidence.apart(1), evidence.apart(48)) == (7.5, 15, -5)
    tree, camp, other = (evidence.thresholds(group) for group in ("tree", "camp", "other"))
    assert (tree.start, tree.duplicate, tree.possible) == (10, 50, 20)
    assert (camp.start, camp.duplicate, camp.possible) == (12, 60, 40)
    assert other == evidence.default
    assert evidence.kinds == {"CAMP": 4}


def test_a_kind_has_the_radius_and_window_that_its_city_learnt_unless_it_is_never_the_same() -> (
    None
):
    learnt = DedupLimits(radius_m=80.0, window=timedelta(days=3))
    named = dict.fromkeys(("CAMP", "PERMIT", "CAMP-VISIT", "GONE"), learnt)
    rules = CityPolicy(CITY, evidence(limits=named))

    own = CITY.services
    assert (rules.dedup_limits["CAMP"].radius_m, rules.dedup_limits["CAMP"].window) == (
        80,
        learnt.window,
    )
    assert rules.dedup_limits["CAMP"].group == own["CAMP"].dedup.group
    assert {code: rules.dedup_limits[code] for code in own if code != "CAMP"} == {
        code: kind.dedup for code, kind in own.items() if code != "CAMP"
    }


def test_the_radius_and_window_of_a_kind_are_read_and_each_may_be_left_out(tmp_path: Path) -> None:
    more = "limits: {CAMP: {radius: 80 m}, ADA: {window: 3 d, radius: 5 m}}"

    evidence = read_evidence(written(tmp_path, f"{TEXT}\n{more}\n"))

    assert evidence is not None
    assert evidence.limits == {
        "CAMP": DedupLimits(80.0),
        "ADA": DedupLimits(5.0, timedelta(days=3)),
    }


def test_what_a_file_says_beside_place_and_time_is_read(tmp_path: Path) -> None:
    more = """
accuracy: {trust: {0: 100 %, 100 m: 50 %}, vague: {street: 80 m}}
same_sender: {0: 10, 60 m: -5}
assets: {answers: [plate], same: 30, other: -40}
words: {share: {0: -30, 50 %: 40}, unsure: {0: 0, 40 %: 60}, common: [the street, Niños]}
likely_kinds: {0: -5, 80 %: 10}
dangers: {same: 5, other: -10}
"""

    evidence = read_evidence(written(tmp_path, TEXT + more))

    assert evidence is not None
    assert (evidence.accuracy.trust(100), evidence.accuracy.vague_m) == (0.5, {"street": 80})
    assert evidence.same_sender is not None
    assert evidence.same_sender(30) == 2.5
    assert evidence.assets == Assets(30, -40, ("plate",))
    share, unsure = Slope((0, 0.5), (-30, 40)), Slope((0, 0.4), (0, 60))
    assert evidence.words == WordWeights(share, unsure, frozenset({"the", "street", "ninos"}))
    assert evidence.likely_kinds == Slope((0, 0.8), (-5, 10))
    assert (evidence.dangers, evidence.details) == (Contrast(5, -10), Contrast())


def test_figures_may_be_shares_of_the_kinds_own_limits(tmp_path: Path) -> None:
    text = TEXT.replace("200 m", "150 %").replace("100 m", "100 %").replace("1 h: 15, 2 d", "50 %")

    evidence = read_evidence(written(tmp_path, text))

    assert evidence is not None
    assert evidence.reach.around(40) == 60
    assert (evidence.distance(20, 40), evidence.apart(84, 168)) == (7.5, -5)


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        ("100 m: -5", "100 m: -5, 50 %: 3", 3),
        ("reach: 200 m", "reach: far", 2),
        ("duplicate: 50, possible: 20", "duplicate: 50, possible: 51", 8),
        ("same_kind: 10", "same_kind: 10\nsame_colour: 3", 7),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, was: str, now: str, line: int) -> None:
    with pytest.raises(CatalogueError, match=f"evidence.yaml:{line}: "):
        read_evidence(written(tmp_path, TEXT.replace(was, now)))


def test_the_check_of_a_catalogue_names_faults_of_evidence(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE_DATA, tmp_path / "copy", ignore=shutil.ignore_patterns("*.py"))
    (tmp_path / "copy" / "boston.gov" / EVIDENCE).write_text("reach: far")

    with pytest.raises(CatalogueError, match=r"boston.gov/evidence.yaml:1: "):
        load_catalogue(tmp_path / "copy")


def test_every_citys_evidence_can_be_read_and_names_groups_and_kinds_that_it_has() -> None:
    for city in load_catalogue().jurisdictions.values():
        evidence = read_evidence(PACKAGE_DATA / city.id)
        assert evidence is None or evidence.groups.keys() <= city.dedup_groups.keys()
        assert evidence is None or evidence.kinds.keys() <= city.services.keys()
