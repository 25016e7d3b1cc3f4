"""Words for dangers in languages beside English and Spanish."""

from pathlib import Path

import pytest

from docs._tools.translations import INTAKE
from shared.catalogue import CatalogueError, load_catalogue
from shared.catalogue.judgement import judge_text
from shared.catalogue.loader import PACKAGE_DATA
from tests.support.catalogue_files import GOOD, write

PORTLAND = load_catalogue().jurisdictions["portland.gov"]


def test_there_are_words_in_each_language_of_the_pages() -> None:
    files = {path.stem for path in (PACKAGE_DATA / "common" / "danger_words").glob("*.yaml")}

    assert files == {path.stem for path in INTAKE.paths} - {"es"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("lrge: {phrases: [большой]}", "no condition has the name lrge: did you mean large?"),
        ("large: {phrases: ['большой ~']}", "each step needs a word"),
        ("large: {phrases: []}", "this is empty: fill it in"),
        ("large: {phrase: [большой]}", "phrase means nothing here"),
    ],
)
def test_a_wrong_word_is_told_with_its_file(tmp_path: Path, words: str, reason: str) -> None:
    write(tmp_path, {**GOOD, "common/danger_words/ru.yaml": words})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert {issue.file for issue in caught.value.issues} == {"common/danger_words/ru.yaml"}
    assert any(reason in issue.reason for issue in caught.value.issues), caught.value.issues


def test_a_denied_danger_is_none_for_the_text_model_either() -> None:
    drawn = judge_text("Có người vẽ hình khẩu súng lên tường trường học", PORTLAND)

    assert not drawn.is_danger
