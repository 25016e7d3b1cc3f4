"""The ready file: as good as the YAML files, and never used when it is not."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from shared.catalogue import (
    PACKAGE_DATA,
    CatalogueError,
    build_catalogue,
    load_catalogue,
    load_catalogue_with_indexes,
    loader,
)
from shared.catalogue.build import read_catalogue
from shared.catalogue.judgement import judge_text
from shared.catalogue.ready_file import ReadyFile, ready_file
from tests.support.catalogue_files import BUREAUS, GOOD, STREETS, write
from tests.support.paths import REPOSITORY

_TEXTS = sorted((REPOSITORY / "workbench" / "evaluation" / "texts").glob("*.jsonl"))
_EVERY = 100  # of the texts


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the built-in catalogue with its ready file."""
    root = tmp_path_factory.mktemp("catalogue") / "data"
    shutil.copytree(PACKAGE_DATA, root)
    build_catalogue(root)
    return root


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A small catalogue with its ready file."""
    root = tmp_path / "town"
    write(root, GOOD)
    build_catalogue(root)
    return root


def test_the_built_in_catalogue_is_the_same_from_either(built_in: Path) -> None:
    from_yaml = read_catalogue(built_in, load_catalogue(built_in).version)

    assert _file(built_in).read("facts") is not None
    assert load_catalogue(built_in) == from_yaml


def test_texts_are_judged_the_same_by_either(built_in: Path) -> None:
    ready = load_catalogue_with_indexes(built_in)
    from_yaml = read_catalogue(built_in, ready.version)

    assert _file(built_in).read("indexes") is not None
    for city in ready.jurisdictions.values():
        other = from_yaml.jurisdictions[city.id]
        for text in _texts():
            assert judge_text(text, city) == judge_text(text, other)
            assert city.keywords.find(text.lower()) == other.keywords.find(text.lower())


def test_what_cities_have_in_common_is_in_memory_once(built_in: Path) -> None:
    cities = load_catalogue_with_indexes(built_in).jurisdictions
    boston, portland = cities["boston.gov"], cities["portland.gov"]

    assert boston.trained_model is portland.trained_model
    assert boston.phrases.compiled.gaps is portland.phrases.compiled.gaps
    assert cities["nyc.gov"].phrases.compiled is boston.phrases.compiled


def test_the_file_is_used_and_not_the_sources(town: Path) -> None:
    built = read_catalogue(town, "version")
    _file(town).write({"facts": replace(built, version="of the ready file")})

    assert load_catalogue(town).version == "of the ready file"


def test_a_file_of_other_sources_is_not_used(town: Path) -> None:
    (town / BUREAUS).write_text(GOOD[BUREAUS].replace("Service desk", "Front desk"))

    assert _file(town).read("facts") is None
    assert load_catalogue(town).jurisdictions["town.gov"].bureaus["DESK"].name == "Front desk"


def test_a_fault_in_the_sources_is_reported_whatever_the_file_holds(town: Path) -> None:
    (town / STREETS).write_text("group: {")

    with pytest.raises(CatalogueError, match="invalid YAML"):
        load_catalogue(town)
    with pytest.raises(CatalogueError, match="invalid YAML"):
        build_catalogue(town)


def test_a_damaged_section_is_not_used(town: Path) -> None:
    file = _file(town)
    whole = file.path.read_bytes()
    for at in range(0, len(whole), 101):
        file.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert None in (file.read("facts"), file.read("indexes")), at

    assert load_catalogue(town).jurisdictions["town.gov"].name == "Town"


def test_a_cut_file_is_not_used(town: Path) -> None:
    file = _file(town)
    whole = file.path.read_bytes()
    for size in (0, 10, 1000, len(whole) - 1):
        file.path.write_bytes(whole[:size])
        assert file.read("indexes") is None


def test_a_file_of_other_code_is_not_used(town: Path) -> None:
    file = _file(town)

    assert ReadyFile(file.path, "of other code").read("facts") is None


def test_the_built_in_catalogue_gets_a_file_at_its_first_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "data"
    write(root, GOOD)
    load_catalogue(root)
    assert not _file(root).path.exists()

    monkeypatch.setattr(loader, "PACKAGE_DATA", root)
    (root / BUREAUS).write_text(GOOD[BUREAUS].replace("Service desk", "Front desk"))
    load_catalogue(root)

    assert _file(root).read("facts") is not None
    assert {*tmp_path.iterdir()} == {root, _file(root).path}


def test_where_no_file_can_be_written_the_sources_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "data"
    write(root, GOOD)
    (tmp_path / "data.ready").mkdir()
    monkeypatch.setattr(loader, "PACKAGE_DATA", root)

    assert load_catalogue(root).jurisdictions["town.gov"].name == "Town"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "data.ready"]


def test_a_file_with_an_object_of_another_class_is_not_used(town: Path) -> None:
    _file(town).write({"facts": UUID(int=0)})

    assert _file(town).read("facts") is None


def _file(root: Path) -> ReadyFile:
    return ready_file(root, loader.source_version(root))


def _texts() -> Iterator[str]:
    for path in _TEXTS:
        for line in path.read_text(encoding="utf-8").splitlines()[::_EVERY]:
            yield json.loads(line)["text"]
