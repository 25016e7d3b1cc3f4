"""Names of kinds in the languages of the residents' pages."""

from pathlib import Path

import pytest
import yaml

from docs._tools.translations import INTAKE, read
from shared.catalogue import CatalogueError, LocalText, load_catalogue
from shared.catalogue.loader import PACKAGE_DATA
from tests.support.catalogue_files import GOOD, write

PORTLAND = load_catalogue().jurisdictions["portland.gov"]
FURTHER = [path.stem for path in INTAKE.paths if path.stem != "es"]


@pytest.mark.parametrize("tag", FURTHER)
def test_each_language_of_the_pages_names_each_kind_and_each_heading(tag: str) -> None:
    names = [text for kind in PORTLAND.services.values() for text in (kind.name, kind.group)]

    assert [name.en for name in names if name.in_language(tag).language != tag] == []


@pytest.mark.parametrize("tag", FURTHER)
def test_names_of_a_language_differ_so_that_a_person_can_choose(tag: str) -> None:
    names = [kind.name.in_language(tag) for kind in PORTLAND.services.values()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("tag", FURTHER)
def test_a_language_whose_pages_are_reviewed_has_reviewed_names(tag: str) -> None:
    [pages] = [path for path in INTAKE.paths if path.stem == tag]
    names = (PACKAGE_DATA / "portland.gov" / "names" / f"{tag}.yaml").read_text()

    is_draft = "reviewed_by" not in yaml.safe_load(names)
    assert read(pages).fuzzy or not is_draft
    assert ("NOT REVIEWED" in names) is is_draft


def test_a_name_is_found_by_any_tag_of_its_language() -> None:
    name = LocalText("Pothole", "Bache", {"zh": "坑洞", "fil": "Lubak", "ro": ""})

    assert [name.in_language(tag) for tag in ("zh-Hans", "tl", "ro", "es-MX", "ko")] == [
        *("坑洞", "Lubak", "Pothole", "Bache", "Pothole")
    ]
    assert [name.in_language(tag).language for tag in ("zh-Hans", "ro")] == ["zh", "en"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("names: {HOLE: Яма, HOLLE: Яма}", "no kind has the name HOLLE: did you mean HOLE?"),
        ("names: {streats: Улицы}", "no kind has the name streats"),
        ("names: {HOLE: ''}", "this is empty: fill it in"),
        ("reviewed: no", "reviewed means nothing here"),
    ],
)
def test_a_wrong_name_is_told_with_its_file(tmp_path: Path, names: str, reason: str) -> None:
    write(tmp_path, {**GOOD, "town.gov/names/ru.yaml": names})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert {issue.file for issue in caught.value.issues} == {"town.gov/names/ru.yaml"}
    assert any(reason in issue.reason for issue in caught.value.issues), caught.value.issues


def test_kinds_and_headings_have_the_names_of_their_city(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "town.gov/names/ru.yaml": "names: {HOLE: Яма, streets: Улицы}"})

    hole = load_catalogue(tmp_path).jurisdictions["town.gov"].services["HOLE"]

    assert (hole.name.in_language("ru"), hole.group.in_language("ru")) == ("Яма", "Улицы")
    assert hole.name.in_language("uk").language == "en"
