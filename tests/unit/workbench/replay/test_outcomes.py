"""Outcomes: each submission of the source counts once."""

from shared.contract.events import (
    FieldError,
    Rejection,
    SubmissionAccepted,
    SubmissionRejected,
    WorkOrderIssued,
    new_id,
)
from tests.contract.test_events import example_of
from tests.support.builders import NOON, acceptance, decision, request, request_triaged
from workbench.replay.outcomes import OutcomeCounter

SOURCE = "/replay/test"


def accepted(request_id: str, source: str = SOURCE) -> SubmissionAccepted:
    data = acceptance(
        submission_id=f"row of {request_id}", submission_source=source, request_id=request_id
    )
    return SubmissionAccepted.of(data, now=NOON)


def test_a_request_is_followed_from_its_receipt_to_its_bureau() -> None:
    counter = OutcomeCounter(SOURCE)
    report = request()
    decided = request_triaged(decision(report))
    issued = WorkOrderIssued.model_validate_json(example_of(WorkOrderIssued))
    work = issued.data.model_copy(update={"case_id": decided.data.case_id})

    for event in (issued.model_copy(update={"data": work}), decided, accepted(report.request_id)):
        counter.add(event)
        counter.add(event)

    counts = counter.counts()
    assert (counts.accepted, counts.decided, counts.new_cases, counts.with_work) == (1, 1, 1, 1)
    assert counts.bureaus == {"PBOT-MOD": 1}


def test_what_others_handed_in_is_not_counted() -> None:
    counter = OutcomeCounter(SOURCE)
    report = request()

    counter.add(accepted(report.request_id, source="/replay/other"))
    counter.add(request_triaged(decision(report)))

    assert (counter.counts().accepted, counter.counts().decided) == (0, 0)


def test_a_rejection_counts_by_its_first_reason() -> None:
    counter = OutcomeCounter(SOURCE)
    errors = (
        FieldError(field="location", code="missing_location", message="Tell us where."),
        FieldError(field="channel", code="unknown_channel", message="Name the channel."),
    )
    data = Rejection(submission_id=new_id(), submission_source=SOURCE, errors=errors)

    counter.add(SubmissionRejected.of(data, now=NOON))

    assert counter.counts().rejected == {"missing_location": 1}
    assert counter.counts().answered == 1


def test_a_duplicate_opens_no_case() -> None:
    counter = OutcomeCounter(SOURCE)
    report = request()
    counter.add(accepted(report.request_id))
    counter.add(request_triaged(decision(report, outcome="duplicate")))

    assert counter.counts().outcomes == {"duplicate": 1}
    assert counter.counts().new_cases == 0
