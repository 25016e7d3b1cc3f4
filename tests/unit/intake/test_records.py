import pytest

from services.intake.records.submissions import Receipt
from shared.contract.events import (
    Advice,
    FieldError,
    Rejection,
    SubmissionAccepted,
    SubmissionRejected,
    encode,
)
from tests.support.builders import NOON, acceptance, handed_in

ODD = '7","data":{"x":1}} é \\'


def accepted() -> SubmissionAccepted:
    data = acceptance(
        submission_id=ODD,
        submission_source=ODD,
        advice=(Advice(code="call_911", text='Say "help"'),),
    )
    return SubmissionAccepted.of(data, now=NOON, cause=handed_in({}, id=ODD, source=ODD))


def rejected() -> SubmissionRejected:
    errors = (FieldError(field='"data":', code="invalid", message="Write text."),)
    data = Rejection(submission_id=ODD, submission_source=ODD, errors=errors)
    return SubmissionRejected.of(data, now=NOON, cause=handed_in({}, id=ODD, source=ODD))


@pytest.mark.parametrize("event", [accepted(), rejected()])
def test_the_data_of_a_receipt_are_cut_from_the_bytes_that_are_stored(
    event: SubmissionAccepted | SubmissionRejected,
) -> None:
    receipt = Receipt.of(event)

    assert (receipt.event_id, receipt.value) == (event.id, encode(event))
    assert receipt.data == event.data.__pydantic_serializer__.to_json(event.data)


@pytest.mark.parametrize("event", [accepted(), rejected()])
def test_a_receipt_from_the_store_says_the_same(
    event: SubmissionAccepted | SubmissionRejected,
) -> None:
    fresh = Receipt.of(event)
    stored = Receipt(fresh.event_id, fresh.value)

    assert stored == fresh
    assert (stored.decode(), stored.data) == (event, fresh.data)
