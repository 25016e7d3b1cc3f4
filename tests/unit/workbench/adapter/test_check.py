import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import build
from services.intake.policy import IntakePolicy
from shared.contract.events import (
    Event,
    FieldError,
    Rejection,
    SubmissionAccepted,
    SubmissionRejected,
    encode,
)
from shared.contract.topics import CHANNEL_SUBMISSIONS
from tests.support.builders import NOON, acceptance, submission
from workbench.adapter.command import offline_policy
from workbench.adapter.records import by_submission, read_lines, read_record
from workbench.adapter.report import AdapterReport, Finding, report_on

WEB = "/adapter/web"


@pytest.fixture(scope="module")
def policy() -> IntakePolicy:
    return offline_policy()


def event(id_: str = "web-1", **changes: Any) -> dict[str, Any]:
    """A submission with which nothing is wrong; changes are of the envelope."""
    usual = {
        "specversion": "1.0",
        "id": id_,
        "source": WEB,
        "type": "route311.submission.v1",
        "time": NOON.isoformat(),
        "data": submission(),
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def report(
    policy: IntakePolicy, *events: dict[str, Any] | bytes, receipts: Sequence[Event] = ()
) -> AdapterReport:
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in events]
    records, answers = read_lines([*lines, *map(encode, receipts)], NOON)
    read = [read_record(record, CHANNEL_SUBMISSIONS) for record in records]
    return report_on(read, by_submission(answers) if answers else None, policy, NOON)


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def accepted(id_: str) -> SubmissionAccepted:
    return SubmissionAccepted.of(acceptance(submission_id=id_, submission_source=WEB), now=NOON)


def rejected(id_: str, code: str) -> SubmissionRejected:
    errors = (FieldError(field="id", code=code, message="Take another."),)
    data = Rejection(submission_id=id_, submission_source=WEB, errors=errors)
    return SubmissionRejected.of(data, now=NOON)


def test_a_good_adapter_has_no_finding(policy: IntakePolicy) -> None:
    lines = [f"{WEB}\t{json.dumps(event(str(number)))}".encode() for number in range(6)]

    found = report(policy, *lines, lines[0], receipts=[accepted(str(n)) for n in range(6)])

    assert found == AdapterReport(7, 6, 0, [], [])


WRONG: dict[str, tuple[dict[str, Any] | bytes, str]] = {
    "unknown_service_code": (event(data=submission(service_code="NO-SUCH")), "service_code: "),
    "missing_location": (event(data=submission(location=None)), "location: Tell us where"),
    "bad_time": (event(time="2026-01-14T12:00:00"), "time: "),
    "not_an_object": (event(data=[]), "data: "),
    "future_time": (event(time=(NOON + timedelta(hours=2)).isoformat()), "time: over an hour"),
    "missing_id": (event(id=None), "Without an id"),
    "missing_source": (event(source=""), "Without a source"),
    "unknown_type": (event(type="submission"), "Of an unknown type"),
    "unknown_version": (event(type="route311.submission.v9"), "Of an unknown version"),
    "source_not_allowed": (event(source="/http/web"), "The source is somebody else's"),
    "undecodable_event": (b"{", "Cannot be read"),
    "too_large": (event(more="x" * 1024 * 1024), "Larger than 1 MiB"),
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_is_named(policy: IntakePolicy, code: str) -> None:
    written, beginning = WRONG[code]

    [finding] = report(policy, written).wrong

    assert finding.code == code
    assert finding.sentence.startswith(beginning)


BETTER: dict[str, dict[str, Any]] = {
    "no_time": event(time=None),
    "unused_observed_at": event(data=submission(observed_at="2025-01-14T12:00:00Z")),
    "contact_in_text": event(data=submission(description="A hole, call me: 503-555-0142")),
    "contact_in_id": event("ana@example.org"),
}


@pytest.mark.parametrize("code", BETTER)
def test_what_would_be_better_is_named(policy: IntakePolicy, code: str) -> None:
    found = report(policy, BETTER[code])

    assert (codes(found.better), found.wrong) == ([code], [])


@pytest.mark.parametrize("place", ["address", "details"])
def test_contact_data_at_the_place_are_found(policy: IntakePolicy, place: str) -> None:
    at = {"latitude": 45.5189, "longitude": -122.6793, place: "ring ana@example.org"}

    [finding] = report(policy, event(data=submission(location=at))).better

    assert finding.sentence.startswith(f"location.{place}: holds contact data")


def test_a_kind_without_need_of_a_place_had_better_have_one(policy: IntakePolicy) -> None:
    services = policy.cities["portland.gov"].jurisdiction.services.values()
    code = next(one.code for one in services if not one.needs.location)

    found = report(policy, event(data=submission(service_code=code, location=None)))

    assert (codes(found.better), found.wrong) == (["no_location"], [])


def test_an_id_is_reused_only_for_other_data(policy: IntakePolicy) -> None:
    other = event(data=submission(description="Something else"))
    of_another_source = other | {"source": "/adapter/app"}

    [finding] = report(policy, event(), event(), other, of_another_source).wrong

    assert (finding.code, finding.count, finding.examples) == ("id_reused", 1, ["web-1"])


def test_a_key_is_the_same_for_a_whole_source(policy: IntakePolicy) -> None:
    lines = [key + b"\t" + json.dumps(event(key.decode() or "x")).encode() for key in (b"a", b"b")]
    nobody = [b"null\t" + json.dumps(event()).encode(), b"\t" + json.dumps(event()).encode()]

    assert [(one.code, one.examples) for one in report(policy, *lines).better] == [
        ("key_not_constant", ["b"])
    ]
    assert [(one.code, one.count) for one in report(policy, *nobody).better] == [("no_key", 2)]


def test_five_submissions_of_no_kind_are_always_other(policy: IntakePolicy) -> None:
    events = [event(str(n), data=submission(service_code="OTHER")) for n in range(5)]

    assert codes(report(policy, *events).better) == ["always_other"]
    assert report(policy, *events[1:]).better == []
    assert report(policy, *events[1:], event()).better == []


def test_receipts_tell_what_lacks_an_answer_and_what_was_refused(policy: IntakePolicy) -> None:
    repeated = accepted("1")
    receipts = [repeated, repeated, rejected("2", "id_reused")]

    found = report(policy, event("1"), event("2"), event("3"), receipts=receipts)

    assert {one.code: one.examples for one in found.wrong} == {
        "missing_receipt": ["3"],
        "id_reused": ["2"],
    }
    assert (found.accepted, found.rejected) == (1, 1)


def test_what_was_just_written_may_lack_its_receipt(policy: IntakePolicy) -> None:
    def found(answered_before: datetime) -> AdapterReport:
        records, _ = read_lines([json.dumps(event()).encode()], NOON)
        read = [read_record(record, CHANNEL_SUBMISSIONS) for record in records]
        return report_on(read, {}, policy, answered_before)

    assert found(NOON - timedelta(seconds=1)).wrong == []
    assert codes(found(NOON).wrong) == ["missing_receipt"]


def test_no_contact_data_are_repeated(policy: IntakePolicy) -> None:
    data = submission(description=None, attributes={"x": ["ana@example.org"]}, location=None)
    found = report(policy, event("call-503-555-0142", data=data), b'{"id": "ana@example.org"}')

    assert codes(found.wrong) == ["missing_source", "missing_location"]
    assert "555" not in repr(found)
    assert "ana@" not in repr(found)


def run(*words: str) -> Result:
    arguments = ["adapter", "check", *words]
    return CliRunner().invoke(build(arguments), arguments)


def test_the_command_reads_a_file_and_ends_with_1_when_something_is_wrong(tmp_path: Path) -> None:
    good, bad, empty = (tmp_path / name for name in ("good.jsonl", "bad.jsonl", "empty.jsonl"))
    good.write_text(json.dumps(event()) + "\n\n")
    bad.write_text(json.dumps(event(data=submission(channel="fax"))) + "\n")
    empty.write_text("\n")

    assert run("--file", str(good)).stdout == "1 record\nNothing is wrong.\n"
    refused = run("--file", str(bad), "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["wrong"][0]["code"]) == (
        1,
        "unknown_channel",
    )
    assert "1x  channel: Write 'web'" in run("--file", str(bad)).stdout
    assert run("--file", str(empty)).exit_code == 1
    assert run().exit_code == run("--file", str(good), "--source", WEB).exit_code == 2
