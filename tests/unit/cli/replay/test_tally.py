from cli.replay.tally import Tally
from shared.contract.events import (
    Acceptance,
    FieldError,
    Rejection,
    SubmissionAccepted,
    SubmissionRejected,
    WorkOrderIssued,
    new_id,
)
from tests.builders import NOON, decision, request, request_triaged
from tests.contract.test_events import example_of

SOURCE = "/replay/test"


def accepted(request_id: str, source: str = SOURCE) -> SubmissionAccepted:
    data = Acceptance(
        submission_id=f"row of {request_id}",
        submission_source=source,
        request_id=request_id,
        tracking_number="26-7KQ4-M2",
        service_code="ROW-POTHOLE",
        lane="standard",
        status_url="",
    )
    return SubmissionAccepted.of(data, now=NOON)


def test_a_request_is_followed_from_its_receipt_to_its_bureau() -> None:
    tally = Tally(SOURCE)
    report = request()
    decided = request_triaged(decision(report))
    issued = WorkOrderIssued.model_validate_json(example_of(WorkOrderIssued))
    work = issued.data.model_copy(update={"case_id": decided.data.case_id})

    for event in (issued.model_copy(update={"data": work}), decided, accepted(report.request_id)):
        tally.take(event)
        tally.take(event)

    result = tally.result()
    assert (result.accepted, result.decided, result.new_cases, result.with_work) == (1, 1, 1, 1)
    assert result.bureaus == {"PBOT-MOD": 1}


def test_what_others_handed_in_is_not_counted() -> None:
    tally = Tally(SOURCE)
    report = request()

    tally.take(accepted(report.request_id, source="/replay/other"))
    tally.take(request_triaged(decision(report)))

    assert (tally.result().accepted, tally.result().decided) == (0, 0)


def test_a_rejection_counts_by_its_first_reason() -> None:
    tally = Tally(SOURCE)
    faults = (
        FieldError(field="location", code="missing_location", message="Tell us where."),
        FieldError(field="channel", code="unknown_channel", message="Name the channel."),
    )
    data = Rejection(submission_id=new_id(), submission_source=SOURCE, errors=faults)

    tally.take(SubmissionRejected.of(data, now=NOON))

    assert tally.result().rejected == {"missing_location": 1}
    assert tally.result().answered == 1


def test_a_duplicate_opens_no_case() -> None:
    tally = Tally(SOURCE)
    report = request()
    tally.take(accepted(report.request_id))
    tally.take(request_triaged(decision(report, outcome="duplicate")))

    assert tally.result().outcomes == {"duplicate": 1}
    assert tally.result().new_cases == 0
