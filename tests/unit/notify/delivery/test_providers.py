from shared.contract.events import NotificationUnknown
from shared.runtime.smtp import SendOutcome
from tests.support.notify.deliveries import DeliveryHarness, FakeMailer, report


def subjects(mailer: FakeMailer) -> int:
    return len(mailer.mails)


async def test_the_second_provider_sends_while_the_first_is_away_and_no_longer() -> None:
    seconds = [100.0]
    first, second = FakeMailer(failure="connection_lost"), FakeMailer()
    harness = DeliveryHarness(mailers=[first], second=[second], seconds=lambda: seconds[0])
    for n in range(3):
        await harness.receive(report(f"p{n}@example.org"))
    worker = harness.worker

    assert await worker.poll_once() == "unreachable"
    assert await worker.poll_once() == "busy"
    first.failure = None
    assert await worker.poll_once() == "busy"
    assert (subjects(first), subjects(second)) == (0, 2)

    seconds[0] += 1
    assert await worker.poll_once() == "busy"
    assert (subjects(first), subjects(second)) == (1, 2)
    assert harness.states == ["sent"] * 3


async def test_what_the_first_provider_may_have_taken_the_second_never_gets() -> None:
    first = FakeMailer(outcomes=[SendOutcome("unknown", "content_lost")] * 2)
    second = FakeMailer()
    harness = DeliveryHarness(mailers=[first], second=[second], seconds=lambda: 100.0)
    await harness.receive(report())
    worker = harness.worker

    assert await worker.poll_once() == "unreachable"
    assert await worker.poll_once() == "idle"

    assert harness.states == ["unknown"]
    assert subjects(second) == 0
    assert [type(event) for event in harness.store.published] == [NotificationUnknown]


async def test_a_message_that_the_first_provider_did_not_take_goes_by_the_second_in_order() -> None:
    first = FakeMailer(outcomes=[SendOutcome("unreachable", "sender_550")])
    second = FakeMailer()
    harness = DeliveryHarness(mailers=[first], second=[second], seconds=lambda: 100.0)
    await harness.receive(report())
    worker = harness.worker

    assert await worker.poll_once() == "unreachable"
    assert await worker.poll_once() == "busy"

    assert (subjects(first), subjects(second), harness.states) == (0, 1, ["sent"])


async def test_while_both_are_away_the_one_that_may_be_back_first_is_probed() -> None:
    seconds = [100.0]
    mailers = FakeMailer(failure="connection_lost"), FakeMailer(failure="connection_lost")
    harness = DeliveryHarness(mailers=[mailers[0]], second=[mailers[1]], seconds=lambda: seconds[0])
    await harness.receive(report())
    worker = harness.worker

    assert [await worker.poll_once() for _ in range(2)] == ["unreachable"] * 2
    seconds[0] += 0.6
    mailers[1].failure = None
    assert [await worker.poll_once() for _ in range(2)] == ["unreachable", "busy"]

    assert harness.states == ["sent"]
