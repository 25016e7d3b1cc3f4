"""The text model, trained by the command and loaded back."""

import gzip
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import build
from shared.text_matching import decode_model, fold

DANGER, URGENT, QUIET = "smoke pours out of it", "the light is dark", "paint on the wall"


def lines(*texts: tuple[str, str], part: str = "train") -> str:
    rows = [{"label": label, "language": "en", "text": t, "part": part} for label, t in texts]
    return "\n".join(map(json.dumps, rows)) + "\n"


def write(folder: Path, name: str) -> Path:
    places = ("at home", "on Oak Street", "near the school", "in our park")
    texts = [
        (label, f"{text} {place} {name}")
        for place in places
        for label, text in (("emergency", DANGER), ("urgent", URGENT), ("routine", QUIET))
    ]
    file = folder / f"{name}.jsonl"
    file.write_text(lines(*texts), encoding="utf-8")
    return file


def features(result: Result) -> set[str]:
    labels = json.loads(gzip.decompress(result.stdout_bytes))["labels"]
    return {feature for of in labels.values() for one in of.values() for feature in one["weights"]}


def run(*files: Path) -> Result:
    words = ["triage", "hints", *map(str, files)]
    return CliRunner().invoke(build(words), words)


def test_what_was_learnt_is_a_model_file_that_finds_what_was_meant(
    tmp_path: Path,
) -> None:
    result = run(*(write(tmp_path, name) for name in ("ana", "ben", "cleo")))

    assert result.exit_code == 0, result.output
    index = decode_model(result.stdout_bytes).linear
    assert index.score(fold(f"{DANGER} by the river")).stated().keys() == {
        "sounds_dangerous",
        "sounds_urgent",
    }
    assert index.score(fold(f"{URGENT} by the river")).stated().keys() == {"sounds_urgent"}
    assert index.score(fold(f"{QUIET} by the river")).stated() == {}


def test_other_parts_than_train_teach_nothing(tmp_path: Path) -> None:
    ana, ben, cleo = (write(tmp_path, name) for name in ("ana", "ben", "cleo"))
    before = run(ana, ben, cleo).stdout_bytes
    with ben.open("a", encoding="utf-8") as file:
        file.write(lines(("emergency", "quicksand swallows"), ("routine", DANGER), part="test"))

    assert run(ana, ben, cleo).stdout_bytes == before


def test_an_unfit_line_is_named_with_its_field(tmp_path: Path) -> None:
    file = write(tmp_path, "ana")
    file.write_text(lines(("alarming", "secret words")), encoding="utf-8")

    result = run(file)

    assert result.exit_code == 1
    assert str(result.exception).startswith("ana.jsonl, line 1: label: ")
    assert "secret" not in str(result.exception)


def test_texts_of_too_few_hands_are_refused(tmp_path: Path) -> None:
    result = run(write(tmp_path, "ana"), write(tmp_path, "ben"))

    assert result.exit_code == 1
    assert str(result.exception) == "en: texts of three files at least are needed"


def test_a_word_that_only_one_writer_uses_is_no_hint(tmp_path: Path) -> None:
    files = [write(tmp_path, name) for name in ("ana", "ben", "cleo")]

    found = features(run(*files))

    assert "smoke" in found
    assert not any(name in feature for feature in found for name in ("ana", "ben", "cleo"))


def test_without_the_library_that_learns_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evaluation.text_model.fitting", None)

    result = run(write(tmp_path, "ana"))

    assert result.exit_code == 1
    assert "install route311[learn]" in str(result.exception)
