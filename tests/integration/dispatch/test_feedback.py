"""Labels of urgency, kinds and dangers from what operators and bureaus did about cases."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from shared.contract.events import (
    RequestTriaged,
    encode,
    new_id,
)
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS, bureau_work
from tests.support.builders import (
    decision,
    operator_commanded,
    priority,
    request,
    request_triaged,
)
from tests.support.dispatch.sinkholes import LEAD, send_update, update
from tests.support.program import route311
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog
from workbench.evaluation.text_model.real_reports import read_kinds, read_labels, read_report_texts

pytestmark = pytest.mark.integration

DESK = "311-TRIAGE"


def judged(level: str, score: int, text: str, **changes: Any) -> RequestTriaged:
    of = request(service_code="ROW-SINKHOLE", dedup_group="pavement", description=text)
    fields = {"case_id": new_id(), "priority": priority(level, score)} | changes
    return request_triaged(decision(of, **fields))


async def order(log: TopicLog, command: str, case_id: str, actor: str, **changes: Any) -> None:
    fields = {"command": command, "case_id": case_id, "actor": actor, "reason": "Looked at it"}
    event = operator_commanded(data=fields | changes)
    await log.write(OPERATOR_COMMANDS, case_id, encode(event))


async def export(stores: Stores, folder: Path) -> tuple[Path, str]:
    """Export labels and texts; return the file of urgency and the standard error."""
    texts, kinds = str(folder / "feedback.jsonl.gz"), str(folder / "kinds.csv")
    export = ("evaluation", "export-labels", "--texts", texts, "--kinds", kinds)
    done = await route311(*export, **stores.access.environment())
    assert done.code == 0, done.errors
    file = folder / "feedback.csv"
    file.write_text(done.out)
    return file, done.errors


@pytest.mark.usefixtures("running")
async def test_what_people_corrected_comes_out_as_labels_that_training_reads(
    topic_log: TopicLog, stores: Stores, tmp_path: Path
) -> None:
    lowered = judged("P2", 60, "The road killed my car", danger=("collapse",))
    raised = judged("P4", 20, "Dip in the lane, and [removed] saw water")
    disputed = judged("P4", 20, "Water under the street")
    declined = judged("P2", 60, "Looks dangerous, a crack")
    untouched = judged("P1", 80, "Sinkhole")
    other_kind = judged("P4", 20, "Pothole in the lane")
    reports = (lowered, raised, disputed, declined, untouched, other_kind)
    await topic_log.publish(*reports)
    case_ids = [report.data.case_id or "" for report in reports]
    orders = {o.data.case_id: o.data for o in await topic_log.at_least(6, bureau_work(LEAD))}

    await topic_log.write(OPERATOR_COMMANDS, "case", b"no JSON")
    await order(topic_log, "lower_priority", case_ids[0], "kim", level="P4")
    await order(topic_log, "raise_priority", case_ids[1], "kim", level="P2")
    await order(topic_log, "raise_priority", case_ids[2], "kim", level="P2")
    await order(topic_log, "lower_priority", case_ids[2], "lee", level="P5")
    await order(topic_log, "lower_priority", case_ids[4], "kim", level="P1")  # it is P1
    closing = update(orders[case_ids[3]], "declined", reason="No hazard found")
    await send_update(topic_log, LEAD, closing)
    [at_the_desk] = await topic_log.at_least(1, bureau_work(DESK))
    declined_there = update(at_the_desk.data, "declined", reason="No hazard found")
    await send_update(topic_log, DESK, declined_there)
    await order(topic_log, "change_kind", case_ids[5], "kim", service_code="ROW-POTHOLE")
    await topic_log.at_least(6 + 7, DISPATCH_CASES)
    file, errors = await export(stores, tmp_path)

    ids = {report.data.request_id: report for report in reports}
    found = {one.id: one for one in read_labels(file) if one.id in ids}
    assert {id_: (one.label, one.second) for id_, one in found.items()} == {
        lowered.data.request_id: ("R", ""),
        raised.data.request_id: ("U", ""),
        disputed.data.request_id: ("R", "U"),
        declined.data.request_id: ("R", ""),
    }
    kinds = {one.id: one for one in read_kinds(tmp_path / "kinds.csv") if one.id in ids}
    assert {id_: (one.kinds, one.dangers) for id_, one in kinds.items()} == {
        lowered.data.request_id: ("", ""),
        declined.data.request_id: ("", ""),
        other_kind.data.request_id: ("ROW-POTHOLE", "?"),
    }
    texts = read_report_texts(tmp_path)
    labelled = found.keys() | kinds.keys()
    assert {id_: texts[id_] for id_ in labelled} == {
        id_: ids[id_].data.request.description for id_ in labelled
    }
    assert "  ROW-SINKHOLE \N{RIGHTWARDS ARROW} ROW-POTHOLE: 1" in errors.splitlines()
    assert "  collapse \N{RIGHTWARDS ARROW} no danger: 1" in errors.splitlines()
    assert "of 1 otherwise in kind" in errors
    assert stat.S_IMODE((tmp_path / "feedback.jsonl.gz").stat().st_mode) == 0o600
    audited = json.loads(errors.splitlines()[0])
    assert (audited["event"], audited["reports"]) == ("texts_exported", len(texts))
    assert "kim" not in file.read_text()
