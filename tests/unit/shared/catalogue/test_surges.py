from pathlib import Path

import pytest

from shared.catalogue import CatalogueError, load_catalogue
from shared.catalogue.surges import CitySurges, SurgeLimits
from tests.support.catalogue_files import GOOD, write

TEXT = """
min_reports: 12
ratio: 2.5
groups:
  camp: {min_reports: 30}
  wire: {max_probability: 0.0001, end_ratio: 0.7, baseline_per_hour: 0.1}
"""


def surges(root: Path, text: str | None) -> CitySurges:
    files = GOOD if text is None else {**GOOD, "town.gov/surges.yaml": text}
    return load_catalogue(write(root, files)).jurisdictions["town.gov"].surges


def test_a_city_without_the_file_has_the_limits_of_all(tmp_path: Path) -> None:
    assert surges(tmp_path, None).of("camp") == SurgeLimits()


def test_a_group_takes_from_its_city_what_it_does_not_name_and_a_city_from_all(
    tmp_path: Path,
) -> None:
    city = surges(tmp_path, TEXT)

    assert city.of("other") == SurgeLimits(min_reports=12, ratio=2.5)
    assert city.of("camp") == SurgeLimits(min_reports=30, ratio=2.5)
    assert city.of("wire") == SurgeLimits(
        min_reports=12, ratio=2.5, max_probability=0.0001, end_ratio=0.7, baseline_per_hour=0.1
    )


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        ("min_reports: 12", "min_reports: 1", 2),
        ("ratio: 2.5", "ratio: 0.5", 3),
        ("min_reports: 30", "most: 30", 5),
        ("end_ratio: 0.7", "end_ratio: 1.5", 6),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, was: str, now: str, line: int) -> None:
    with pytest.raises(CatalogueError, match=f"surges.yaml:{line}: "):
        surges(tmp_path, TEXT.replace(was, now))


def test_every_citys_limits_can_be_read_and_name_groups_that_it_has() -> None:
    for city in load_catalogue().jurisdictions.values():
        assert city.surges.named <= city.dedup_groups.keys()
