from pathlib import Path

import pytest

from shared.catalogue import PACKAGE_DATA, CatalogueError, load_catalogue
from shared.catalogue.surges import SURGES, SurgeLimits, read_surges

TEXT = """
least: 12
ratio: 2.5
groups:
  camp: {least: 30}
  wire: {chance: 0.0001, over: 0.7, usual: 0.1}
"""


def written(folder: Path, text: str) -> Path:
    city = folder / "rivertown.gov"
    city.mkdir()
    (city / SURGES).write_text(text)
    return city


def test_a_city_without_the_file_has_the_limits_of_all(tmp_path: Path) -> None:
    assert read_surges(tmp_path).of("camp") == SurgeLimits()


def test_a_group_takes_from_its_city_what_it_does_not_name_and_a_city_from_all(
    tmp_path: Path,
) -> None:
    city = read_surges(written(tmp_path, TEXT))

    assert city.of("other") == SurgeLimits(least=12, ratio=2.5)
    assert city.of("camp") == SurgeLimits(least=30, ratio=2.5)
    assert city.of("wire") == SurgeLimits(least=12, ratio=2.5, chance=0.0001, over=0.7, usual=0.1)


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        ("least: 12", "least: 1", 2),
        ("ratio: 2.5", "ratio: 0.5", 3),
        ("least: 30", "most: 30", 5),
        ("over: 0.7", "over: 1.5", 6),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, was: str, now: str, line: int) -> None:
    with pytest.raises(CatalogueError, match=f"surges.yaml:{line}: "):
        read_surges(written(tmp_path, TEXT.replace(was, now)))


def test_every_citys_limits_can_be_read_and_name_groups_that_it_has() -> None:
    for city in load_catalogue().jurisdictions.values():
        assert read_surges(PACKAGE_DATA / city.id).named <= city.dedup_groups.keys()
