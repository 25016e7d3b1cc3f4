"""The text model, trained by the command and loaded back."""

import gzip
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import build
from shared.text_matching import fold
from shared.text_matching.text_model import TextScore, decode_model

DANGER, URGENT, QUIET = "smoke pours out of it", "the light is dark", "paint on the wall"
TEXTS = {"E": DANGER, "U": URGENT, "R": QUIET}
LABELS = {"E": "emergency", "U": "urgent", "R": "routine"}
KINDS = {"E": "EMERG-911", "U": "ROW-SIGNAL-OUT/ROW-STREETLIGHT", "R": "GRAF-PUBLIC"}
PLACES = ("at home", "on Oak Street", "near the school", "in our park", "by the river")
HEADER = "id,language,label,second,danger_word,sample,group,part\n"


def made_up(folder: Path, name: str, part: str = "train") -> Path:
    rows = [
        {
            "label": LABELS[label],
            "kinds": KINDS[label],
            "dangers": ["fire"] if label == "E" else [],
            "language": "en",
            "text": f"{text} {place} {name}",
            "part": part,
        }
        for place in PLACES
        for label, text in TEXTS.items()
    ]
    file = folder / f"{name}.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return file


def reports(folder: Path, rows: Iterable[tuple[str, str, str, str]]) -> tuple[Path, Path]:
    """Write labels and texts of real reports; each row is label, second label, part and text."""
    numbered = [(f"{n:012x}", *row) for n, row in enumerate(rows)]
    labels, texts = folder / "labels.csv", folder / "reports"
    labels.write_text(
        HEADER
        + "".join(
            f"{id_},en,{label},{second},,random,{id_},{part}\n"
            for id_, label, second, part, _ in numbered
        ),
        encoding="utf-8",
    )
    texts.mkdir(exist_ok=True)
    lines = "".join(json.dumps({"id": id_, "text": text}) + "\n" for id_, *_, text in numbered)
    (texts / "town.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return labels, texts


def usual(folder: Path) -> tuple[Path, Path]:
    rows = [
        (label, "", "train", f"{text} {place}, dear city")
        for place in PLACES
        for label, text in TEXTS.items()
        for _ in range(2)
    ]
    return reports(folder, rows)


def run(files: Iterable[Path], labels: Path, texts: Path, *more_labels: Path) -> Result:
    kinds = texts / "kinds.csv"
    kinds.write_text("id,language,kinds,dangers,person,part\n", encoding="utf-8")
    words = ["triage", "hints", *map(str, files), "--reports", str(texts), "--kinds", str(kinds)]
    for file in (labels, *more_labels):
        words += ["--labels", str(file)]
    return CliRunner().invoke(build(words), words)


def score(result: Result, text: str) -> TextScore:
    return decode_model(result.stdout_bytes).score(fold(text).split())


def is_urgent(result: Result, text: str) -> bool:
    urgency = score(result, text).urgency
    return urgency is not None and urgency.points > 0


def test_what_was_learnt_is_a_model_file_that_finds_what_was_meant(tmp_path: Path) -> None:
    result = run([made_up(tmp_path, "ana"), made_up(tmp_path, "ben")], *usual(tmp_path))

    assert result.exit_code == 0, result.output
    smoke, dark, paint = (score(result, f"{text} in a shop") for text in TEXTS.values())
    assert [set(one.dangers()) for one in (smoke, dark, paint)] == [{"fire"}, set(), set()]
    assert [is_urgent(result, f"{text} in a shop") for text in TEXTS.values()] == [
        True,
        True,
        False,
    ]
    assert [one.kinds(5)[0].code for one in (smoke, dark, paint)] == [
        "EMERG-911",
        "ROW-SIGNAL-OUT",
        "GRAF-PUBLIC",
    ]
    assert dark.kinds(5)[1].code == "ROW-STREETLIGHT"


def test_texts_that_calibrate_teach_no_kind(tmp_path: Path) -> None:
    files = [made_up(tmp_path, "ana"), made_up(tmp_path, "ben")]
    other = tmp_path / "cleo.jsonl"
    item = {"part": "calibrate", "language": "en", "kinds": "WAT-LEAK", "text": DANGER}
    other.write_text(json.dumps(item))

    result = run([*files, other], *usual(tmp_path))

    assert "WAT-LEAK" not in decode_model(result.stdout_bytes).heads.kinds


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    files, real = [made_up(tmp_path, "ana"), made_up(tmp_path, "ben")], usual(tmp_path)

    assert run(files, *real).stdout_bytes == run(files, *real).stdout_bytes


def test_urgency_has_a_threshold_for_each_share_of_random_reports(tmp_path: Path) -> None:
    result = run([made_up(tmp_path, "ana")], *usual(tmp_path))

    levels = decode_model(result.stdout_bytes).heads.levels["en"]
    assert {20, 80, 120, 200} <= levels.keys()
    assert sorted(levels.values(), reverse=True) == [levels[share] for share in sorted(levels)]


def test_test_parts_teach_nothing(tmp_path: Path) -> None:
    rows = [
        (label, "", part, f"{text} {place}")
        for place in PLACES
        for label, text in TEXTS.items()
        for part in ("train", "test")
    ]
    ana, ben = made_up(tmp_path, "ana"), made_up(tmp_path, "ben")
    before = run([ana, ben], *reports(tmp_path, rows)).stdout_bytes
    changed = [(*row[:3], "quicksand" if row[2] == "test" else row[3]) for row in rows]
    made_up(tmp_path, "cleo", part="test")

    after = run([ana, ben, tmp_path / "cleo.jsonl"], *reports(tmp_path, changed)).stdout_bytes

    assert after == before


def test_a_later_file_of_labels_adds_and_overrides(tmp_path: Path) -> None:
    ana, ben = made_up(tmp_path, "ana"), made_up(tmp_path, "ben")
    rows = [
        (label, "", "train", f"{text} {place}")
        for place in PLACES
        for label, text in TEXTS.items()
        for _ in range(2)
    ]
    rows += [("R", "", "train", f"quicksand {place}") for place in PLACES]
    labels, texts = reports(tmp_path, rows)
    lines = labels.read_text().splitlines()
    own, corrected = tmp_path / "own.csv", tmp_path / "corrected.csv"
    own.write_text("\n".join(lines[:-4]))
    corrected.write_text(HEADER + "\n".join(lines[-5:]).replace(",R,", ",U,"))

    before = run([ana, ben], labels, texts)
    after = run([ana, ben], own, texts, corrected)

    assert not is_urgent(before, "quicksand at home")
    assert is_urgent(after, "quicksand at home")


def test_an_unfit_line_is_named_with_its_field(tmp_path: Path) -> None:
    file = made_up(tmp_path, "ana")
    file.write_text(json.dumps({"label": "alarming", "language": "en", "text": "secret words"}))

    result = run([file], *usual(tmp_path))

    assert result.exit_code == 1
    assert str(result.exception).startswith("ana.jsonl, line 1: label: ")
    assert "secret" not in str(result.exception)


def test_an_unfit_label_is_named_with_its_line(tmp_path: Path) -> None:
    labels, texts = usual(tmp_path)
    labels.write_text(f"{HEADER}1,en,X,,,random,1,train\n", encoding="utf-8")

    result = run([made_up(tmp_path, "ana")], labels, texts)

    assert str(result.exception) == "labels.csv, line 2: label"


def test_missing_texts_of_reports_are_told(tmp_path: Path) -> None:
    labels, texts = usual(tmp_path)
    file = texts / "town.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"id": "000000000000", "text": "a"}\n'))
    some_missing = run([made_up(tmp_path, "ana")], labels, texts)
    file.unlink()
    all_missing = run([made_up(tmp_path, "ana")], labels, texts)

    assert str(some_missing.exception).startswith("29 labelled reports have no text: 000000000001")
    assert "--reports names their folder" in str(all_missing.exception)


def test_too_few_random_reports_are_refused(tmp_path: Path) -> None:
    real = reports(tmp_path, [("R", "", "train", QUIET), ("U", "", "train", URGENT)])

    result = run([made_up(tmp_path, "ana")], *real)

    assert result.exit_code == 1
    assert str(result.exception).startswith("en: 1 routine reports of a random sample")


def test_without_the_library_that_learns_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "workbench.evaluation.text_model.fitting", None)

    result = run([made_up(tmp_path, "ana")], *usual(tmp_path))

    assert result.exit_code == 1
    assert "install route311[learn]" in str(result.exception)
