from collections import Counter

from cli.republish import as_json, lines
from shared.runtime.kafka import Partition
from shared.runtime.recovery.positions import Cause, PositionChange
from shared.runtime.recovery.republish import RepublishResult


def moved(topic: str, cause: Cause, to: int = 5) -> RepublishResult:
    return RepublishResult(
        {}, {"dispatch": [PositionChange(Partition(topic, 0), cause, 10, to)]}, {}
    )


def test_what_outsiders_wrote_and_the_broker_lost_is_said_to_be_theirs_to_send_again() -> None:
    text = "\n".join(lines(moved("bureau-bes-updates", "tail_lost"), dry=False))

    assert "bureau-bes-updates: lost its tail" in text
    assert "the bureau resends updates without a receipt" in text
    assert as_json(moved("channel-submissions", "tail_lost"), dry=False)["not_refilled"] == [
        "channel-submissions"
    ]


def test_what_the_router_wrote_or_what_is_only_read_again_is_nobody_s_to_send() -> None:
    for done in (moved("triage-decisions", "tail_lost"), moved("operator-commands", "read_again")):
        assert as_json(done, dry=False)["not_refilled"] == []


def test_a_loss_that_was_not_accepted_is_said_with_its_size() -> None:
    done = RepublishResult(
        {"triage": Counter({"triage-decisions": 3})},
        {},
        {"notify": [PositionChange(Partition("dispatch-cases", 1), "start_gone", 10, 15)]},
    )

    first, second, left, advice = lines(done, dry=True)

    assert first == "triage: 3 messages would be published again"
    assert second.split() == ["triage-decisions", "3"]
    assert left.startswith("notify  dispatch-cases/1  left from 10 to 15")
    assert left.endswith("at most 5 never read")
    assert "--accept-loss" in advice
