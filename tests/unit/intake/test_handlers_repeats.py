import pytest

from services.intake.handlers import SubmissionResult, accept_submissions
from shared.contract.events import (
    SubmissionReceived,
    SubmissionRejected,
)
from tests.support.builders import handed_in
from tests.support.intake.factories import POLICY, data, handed_in_event, raw_submission
from tests.support.intake.fakes import InMemorySubmissions
from tests.unit.intake.accepting import LATER, accept


async def test_the_same_submission_again_gets_the_same_receipt_and_nothing_else(
    submissions: InMemorySubmissions,
) -> None:
    event = handed_in_event(id="7")
    (first,) = await accept(submissions, raw_submission(event))
    (again,) = await accept_submissions([raw_submission(event)], submissions, POLICY, LATER)

    assert again == SubmissionResult(first.receipt)
    assert len(submissions.requests) == 1


async def test_repeats_within_a_batch_share_one_request(submissions: InMemorySubmissions) -> None:
    event = handed_in_event(id="7")
    first, again = await accept(submissions, raw_submission(event), raw_submission(event))

    assert again.receipt == first.receipt
    assert (len(first.events), len(again.events)) == (1, 0)
    assert len(submissions.requests) == 1


async def test_other_data_under_a_used_id_are_refused_whatever_they_are(
    submissions: InMemorySubmissions,
) -> None:
    await accept(submissions, raw_submission(handed_in_event(id="7")))
    other = raw_submission(handed_in_event(id="7", description="Another hole"))
    (refused,) = await accept(submissions, other)
    (again,) = await accept_submissions([other], submissions, POLICY, LATER)

    receipt_event = refused.receipt.decode()
    assert isinstance(receipt_event, SubmissionRejected)
    assert [error.code for error in receipt_event.data.errors] == ["id_reused"]
    assert again.receipt == refused.receipt
    assert [stored.first for stored in submissions.stored.values()] == [True, False]


async def test_an_id_is_used_up_within_the_batch_and_by_a_rejection_too(
    submissions: InMemorySubmissions,
) -> None:
    rejected, then = (handed_in_event(id="7", channel=channel) for channel in ("fax", "web"))
    first, second = await accept(submissions, raw_submission(rejected), raw_submission(then))

    codes = [
        [error.code for error in receipt_event.data.errors]
        for receipt_event in (first.receipt.decode(), second.receipt.decode())
        if isinstance(receipt_event, SubmissionRejected)
    ]
    assert codes == [["unknown_channel"], ["id_reused"]]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"id": "8", "source": "/a"}, id="another id"),
        pytest.param({"id": "7", "source": "/b"}, id="another source"),
    ],
)
async def test_the_same_data_under_another_identity_are_another_request(
    submissions: InMemorySubmissions, other: dict[str, str]
) -> None:
    one, two = await accept(
        submissions,
        raw_submission(handed_in_event(id="7", source="/a")),
        raw_submission(handed_in_event(**other)),
    )

    assert one.receipt != two.receipt
    assert len({request.tracking_number for request in submissions.requests}) == 2


async def test_the_order_of_fields_makes_no_other_submission(
    submissions: InMemorySubmissions,
) -> None:
    one, two = (
        handed_in(fields, id="7", source="/a")
        for fields in (data(), dict(reversed(data().items())))
    )
    first, again = await accept(submissions, raw_submission(one), raw_submission(two))

    assert first.receipt == again.receipt


def handed_in_by(source: str, id: str) -> SubmissionReceived:
    return handed_in(data(), id=id, source=source)


async def test_a_mark_is_of_any_length(submissions: InMemorySubmissions) -> None:
    one, two = await accept(
        submissions,
        raw_submission(handed_in_by("/" + "ü" * 499, "7" * 500)),
        raw_submission(handed_in_by("/" + "ü" * 499, "7" * 499 + "8")),
    )

    assert one.receipt != two.receipt
