"""What the loader says about files of a catalogue that contradict each other or are unfit."""

from pathlib import Path

import pytest

from shared.catalogue import CatalogueError, load_catalogue
from shared.text_matching.text_model import encode_model
from tests.support.catalogue_files import (
    BUREAUS,
    GOOD,
    HEAD,
    STREETS,
    write,
)
from tests.support.text_models import TEXT_MODEL, text_model


def test_two_jurisdictions_must_not_have_bureaus_of_one_name(tmp_path: Path) -> None:
    twin = {name.replace("town.gov", "twin.gov"): text for name, text in GOOD.items()}
    write(tmp_path, {**GOOD, **twin})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert {(f.file, f.line) for f in caught.value.issues} == {
        ("twin.gov/bureaus.yaml", 1),
        ("twin.gov/bureaus.yaml", 2),
    }


def test_two_cities_cannot_have_one_address_for_e_mail(tmp_path: Path) -> None:
    head = GOOD[HEAD].replace("other:", "inbound_mail: [a@b.example, 311@Town.example]\nother:")
    twin = {
        name.replace("town.gov", "twin.gov"): text.replace("ROADS", "STREETS").replace("DESK", "HQ")
        for name, text in GOOD.items()
        if name.startswith("town.gov")
    }
    other = GOOD[HEAD].replace("other:", "inbound_mail: [311@town.example]\nother:")
    write(tmp_path, {**GOOD, **twin, HEAD: head, "twin.gov/jurisdiction.yaml": other})

    with pytest.raises(CatalogueError, match=r"town\.gov has 311@town\.example too"):
        load_catalogue(tmp_path)


def test_one_type_of_an_export_cannot_mean_two_kinds(tmp_path: Path) -> None:
    text = GOOD[STREETS].replace(
        "    target: 30 min", "    export_types: Street hole\n    target: 1 h"
    )
    write(tmp_path, {**GOOD, STREETS: text})

    with pytest.raises(CatalogueError, match="HOLE has this export type too"):
        load_catalogue(tmp_path)


def test_a_kind_cannot_stand_in_two_files(tmp_path: Path) -> None:
    again = STREETS.replace("streets", "zz")
    write(tmp_path, {**GOOD, again: GOOD[STREETS].replace("    export_types: Street hole\n", "")})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert [(f.file, f.line) for f in caught.value.issues] == [(again, 3), (again, 18)]


def test_a_condition_cannot_stand_in_two_files(tmp_path: Path) -> None:
    again = "common/conditions/again.yaml"
    write(tmp_path, {**GOOD, again: "burning: {name: {en: Fire, es: Fuego}}\n"})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert {(f.file, f.reason) for f in caught.value.issues} == {
        (again, "burning is declared twice: keep one")
    }


def test_a_folder_without_any_jurisdiction_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no folder in .* holds a jurisdiction\.yaml"):
        load_catalogue(tmp_path)


def test_a_jurisdiction_without_kinds_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {name: text for name, text in GOOD.items() if name != STREETS})

    with pytest.raises(CatalogueError, match="there are no kinds: add files in services/"):
        load_catalogue(tmp_path)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / BUREAUS).write_bytes(b"ROADS: {name: Stra\xdfe}")

    with pytest.raises(CatalogueError, match="not YAML in UTF-8"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        pytest.param(b"{}", "invalid text model: ", id="no model"),
        pytest.param(
            encode_model(text_model({}, dangers=("fire",))),
            "no condition has the name sounds_fire",
            id="a danger that is no condition",
        ),
    ],
)
def test_a_wrong_text_model_is_named(tmp_path: Path, model: bytes, reason: str) -> None:
    write(tmp_path, GOOD)
    (tmp_path / TEXT_MODEL).write_bytes(model)

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    [issue, *_] = caught.value.issues
    assert issue.file == TEXT_MODEL
    assert reason in issue.reason
