import io
from pathlib import Path
from typing import Any

import pytest

import workbench.evaluation
from shared.contract.events import Decision, Emergency
from tests.support.builders import NOON, decision, priority, request
from tests.unit.workbench.evaluation.feedback.case_log import CaseLog, kinds_of, labels_of
from workbench.evaluation.feedback.labels import label_reports
from workbench.evaluation.feedback.opinions import Opinion
from workbench.evaluation.text_model.real_reports import (
    KindLabel,
    read_kinds,
    read_labels,
    write_kinds,
    write_labels,
)

FIRE = Emergency(code="fire", evidence="fire")


def judged(level: str, **changes: Any) -> Decision:
    return decision(priority=priority(level), **changes)


def id_of(report: Decision) -> str:
    return report.request_id


def test_a_report_judged_urgent_is_routine_when_an_operator_lowers_it() -> None:
    urgent, danger = judged("P2"), judged("P1", emergency=FIRE)
    cases = [CaseLog(id_of(urgent)), CaseLog(id_of(danger))]
    for case in cases:
        case.lower()

    assert labels_of(urgent, danger, cases=cases) == {
        id_of(urgent): ("R", ""),
        id_of(danger): ("R", ""),
    }


def test_a_report_judged_routine_is_urgent_when_an_operator_raises_it() -> None:
    report = judged("P4")
    case = CaseLog(id_of(report), level="P4")
    case.lift(to="P1")

    assert labels_of(report, cases=[case]) == {id_of(report): ("U", "")}


def test_a_move_on_one_side_of_the_line_says_nothing() -> None:
    urgent, routine = judged("P1"), judged("P5")
    cases = [CaseLog(id_of(urgent), level="P1"), CaseLog(id_of(routine), level="P5")]
    cases[0].lower(to="P2")
    cases[1].lift(to="P3")

    assert labels_of(urgent, routine, cases=cases) == {}


def test_a_case_that_another_report_raises_says_nothing() -> None:
    routine, urgent = judged("P4"), judged("P2")
    case = CaseLog(id_of(routine), id_of(urgent), level="P4")
    case.lifted_by(id_of(urgent))

    assert labels_of(routine, urgent, cases=[case]) == {}


def test_of_a_lowered_case_only_the_reports_judged_urgent_are_labelled() -> None:
    urgent, routine, moved, later = judged("P2"), judged("P4"), judged("P2"), judged("P1")
    case = CaseLog(id_of(urgent), id_of(routine), id_of(moved))
    case.split(id_of(moved))
    case.lower()
    case.attach(id_of(later))

    found = labels_of(urgent, routine, moved, later, cases=[case])

    assert found == {id_of(urgent): ("R", "")}


def test_which_of_several_reports_is_urgent_stays_open() -> None:
    one, other = judged("P4"), judged("P5")
    case = CaseLog(id_of(one), id_of(other), level="P4")
    case.lift()

    assert labels_of(one, other, cases=[case]) == {id_of(one): ("U", "R"), id_of(other): ("U", "R")}


@pytest.mark.parametrize(
    ("reason", "status", "is_labelled"),
    [
        ("Looked at it", "scheduled", True),
        ("Barriers are up", "open", False),
        ("Hazard confirmed, can wait", "open", False),
        ("Looked at it", "in_progress", False),
        ("No hazard found", "in_progress", True),
    ],
)
def test_a_danger_that_is_over_was_one(reason: str, status: str, is_labelled: bool) -> None:
    report = judged("P1")
    case = CaseLog(id_of(report))
    case.status = status
    case.lower(reason=reason)

    assert bool(labels_of(report, cases=[case])) == is_labelled


@pytest.mark.parametrize(
    ("reason", "is_labelled"),
    [("Hazard confirmed", True), ("No danger, but the mayor asks", False)],
)
def test_a_raise_counts_unless_its_reason_contradicts_it(reason: str, is_labelled: bool) -> None:
    report = judged("P4")
    case = CaseLog(id_of(report), level="P4")
    case.lift(reason=reason)

    assert bool(labels_of(report, cases=[case])) == is_labelled


def test_the_later_word_wins_and_somebody_elses_contradiction_is_the_second_label() -> None:
    by_one, by_two, by_unknown = judged("P1", emergency=FIRE), judged("P1"), judged("P1")
    cases = [CaseLog(id_of(report)) for report in (by_one, by_two, by_unknown)]
    for case, actors in zip(cases, [("kim", "kim"), ("kim", "lee"), (None, None)], strict=True):
        case.lower(actors[0])
        case.lift(actors[1])

    assert labels_of(by_one, by_two, by_unknown, cases=cases) == {
        id_of(by_one): ("E", ""),
        id_of(by_two): ("U", "R"),
        id_of(by_unknown): ("U", "R"),
    }


@pytest.mark.parametrize("bureau", ["PBOT-MAINT", None])
@pytest.mark.parametrize(
    ("level", "reason", "labels"),
    [
        ("P1", "No hazard found", [("R", "")]),
        ("P1", "Hazard confirmed", [("U", "")]),
        ("P4", "Hazard confirmed", [("U", "")]),
        ("P4", "No hazard found", []),
        ("P1", "Duplicate", []),
        ("P1", "Made safe", []),
        ("P1", None, []),
    ],
)
def test_the_reason_of_a_closing_counts_where_it_is_about_a_danger(
    level: str, reason: str | None, labels: list[tuple[str, str]], bureau: str | None
) -> None:
    report = judged(level)
    case = CaseLog(id_of(report), level=level)
    case.close(reason, bureau)

    assert list(labels_of(report, cases=[case]).values()) == labels


def test_a_confirmed_danger_leaves_no_doubt_about_reports_that_were_judged_urgent() -> None:
    urgent, routine = judged("P2"), judged("P4")
    case = CaseLog(id_of(urgent), id_of(routine), level="P2")
    case.close("Hazard confirmed")

    assert labels_of(urgent, routine, cases=[case]) == {
        id_of(urgent): ("U", ""),
        id_of(routine): ("U", "R"),
    }


def test_a_bureau_may_contradict_an_operator() -> None:
    report = judged("P4")
    case = CaseLog(id_of(report), level="P4")
    case.lift("kim")
    case.close("No hazard found")

    assert labels_of(report, cases=[case]) == {id_of(report): ("R", "U")}


def test_a_reopened_case_was_closed_in_error() -> None:
    report = judged("P1")
    case = CaseLog(id_of(report))
    case.close("No hazard found")
    case.reopen()

    assert labels_of(report, cases=[case]) == {}


def test_repeats_in_the_log_change_nothing() -> None:
    report, later = judged("P1"), judged("P1")
    case = CaseLog(id_of(report))
    case.lower("kim")
    case.attach(id_of(later))
    case.events.append(case.events[1])

    assert labels_of(report, report, later, cases=[case]) == {id_of(report): ("R", "")}


def lowered(*requests: Any) -> list[Any]:
    reports = [judged("P1", of=one) for one in requests]
    opinion = Opinion(NOON, False, "kim", frozenset(map(id_of, reports)))  # noqa: FBT003
    return label_reports(reports, {id_of(report): [opinion] for report in reports}, {})


@pytest.mark.parametrize(
    ("tag", "language"), [("en", "en"), ("es-MX", "es"), (None, "en"), ("vi", None)]
)
def test_reports_of_other_languages_get_no_label(tag: str | None, language: str | None) -> None:
    found = [one.urgency.language for one in lowered(request(language=tag))]

    assert found == ([language] if language else [])


def test_a_report_without_words_gets_no_label() -> None:
    assert lowered(request(description=" ")) == []


def test_near_repeats_are_one_group() -> None:
    texts = [
        "There is a deep hole in the road near 5th",
        "There is a deep hole in the road near Pine",
        "Again: a deep hole in the road near Pine",
        "Water comes up",
    ]

    groups = [one.urgency.group for one in lowered(*(request(description=text) for text in texts))]

    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_what_is_exported_can_be_read(tmp_path: Path) -> None:
    labels = [one.urgency for one in lowered(request(description="A hole"), request(language="es"))]
    labels.append(labels[0].model_copy(update={"id": "1", "second": "U", "danger_word": True}))
    written = io.StringIO()
    write_labels(labels, written)
    file = tmp_path / "feedback.csv"
    file.write_text(written.getvalue(), encoding="utf-8")

    own = Path(workbench.evaluation.__file__).parent / "labels" / "real_reports.csv"
    assert read_labels(file) == labels
    assert written.getvalue().splitlines()[0] == own.read_text().splitlines()[0]
    assert (labels[0].sample, labels[0].part) == ("feedback", "train")


def test_a_corrected_kind_is_that_of_the_reports_that_the_case_had() -> None:
    one, other, moved, later = judged("P4"), judged("P4"), judged("P4"), judged("P4")
    case = CaseLog(id_of(one), id_of(other), id_of(moved), level="P4")
    case.split(id_of(moved))
    case.change_kind("ROW-SINKHOLE")
    case.attach(id_of(later))

    assert kinds_of(one, other, moved, later, cases=[case]) == {
        id_of(one): ("ROW-SINKHOLE", "?"),
        id_of(other): ("ROW-SINKHOLE", "?"),
    }
    assert labels_of(one, other, cases=[case]) == {}


def test_the_latest_kind_wins_and_those_of_other_people_fit_as_well() -> None:
    by_one, by_two = judged("P4"), judged("P4")
    cases = [CaseLog(id_of(report), level="P4") for report in (by_one, by_two)]
    for case, actors in zip(cases, [("kim", "kim"), ("kim", "lee")], strict=True):
        case.change_kind("ROW-SINKHOLE", actors[0])
        case.change_kind("ROW-DEBRIS", actors[1])

    assert kinds_of(by_one, by_two, cases=cases) == {
        id_of(by_one): ("ROW-DEBRIS", "?"),
        id_of(by_two): ("ROW-DEBRIS/ROW-SINKHOLE", "?"),
    }


def test_dangers_are_denied_by_who_lowers_and_confirmed_as_they_were_decided() -> None:
    denied, confirmed = judged("P1", danger=("fire",)), judged("P1", danger=("fire", "gas"))
    unclear, disputed = judged("P4"), judged("P1", danger=("fire",))
    cases = [CaseLog(id_of(denied)), CaseLog(id_of(confirmed))]
    cases += [CaseLog(id_of(unclear), level="P4"), CaseLog(id_of(disputed))]
    cases[0].lower()
    cases[1].close("Hazard confirmed")
    cases[2].lift()
    cases[3].lower("kim")
    cases[3].lift("lee")

    assert kinds_of(denied, confirmed, unclear, disputed, cases=cases) == {
        id_of(denied): ("", ""),
        id_of(confirmed): ("", "fire/gas"),
    }


def test_exported_kinds_can_be_read(tmp_path: Path) -> None:
    judged_kind = KindLabel(id="1", language="en", kinds="A/B", dangers="?", part="train")
    judged_danger = judged_kind.model_copy(update={"kinds": "", "dangers": "fire", "person": True})
    no_danger = judged_kind.model_copy(update={"kinds": "", "dangers": ""})
    labels = [judged_kind, judged_danger, no_danger]
    file = tmp_path / "kinds.csv"
    with file.open("w") as written:
        write_kinds(labels, written)

    own = Path(workbench.evaluation.__file__).parent / "labels" / "kinds.csv"
    assert read_kinds(file) == labels
    assert file.read_text().splitlines()[0] == own.read_text().splitlines()[0]
    assert [label.codes for label in labels] == [("A", "B"), (), ()]
    assert [label.classes for label in labels] == [None, {"fire"}, set()]
