from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from cli.dlq.listing import DeadLetterListing, age, show
from shared.runtime.consumer.garbage import Dropped
from shared.runtime.outgoing import Outgoing
from shared.runtime.recovery.dead_letters import DeadLetter

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def letter(
    offset: int, code: str, topic: str, service: str, parked: timedelta = timedelta(minutes=5)
) -> DeadLetter:
    return DeadLetter(
        position=f"{topic}-dlq/0/{offset}",
        offset=offset,
        source=f"{topic}/0/{offset}",
        service=service,
        code=code,
        reason="",
        parked_at=NOW - parked,
        original=Outgoing("", topic, b"", b""),
        content=f"{topic} {offset}".encode(),
    )


def printed(listing: DeadLetterListing) -> str:
    out = StringIO()
    show(listing, Console(file=out, width=80, highlight=False), NOW)
    return out.getvalue()


def listing() -> DeadLetterListing:
    found = DeadLetterListing(
        dropped=[
            Dropped("channel-submissions", "too_large", 812, 4_100_000_000, "2026-11-26T11:00:00")
        ]
    )
    for offset in range(1_234):
        found.add(
            letter(
                offset,
                "undecodable_event",
                "channel-submissions",
                "intake",
                timedelta(minutes=offset + 1),
            ),
            "waiting",
        )
    found.add(letter(0, "crashed", "intake-requests-express", "triage"), "waiting")
    found.add(letter(1, "request_not_in_case", "operator-commands", "dispatch"), "came_back")
    found.add(letter(2, "unknown_version", "bureau-pbot-maint-updates", "dispatch"), "replayed")
    return found


def test_the_list_fits_eighty_columns_with_codes_and_ages_first() -> None:
    text = printed(listing())

    lines = text.splitlines()
    assert all(len(line.rstrip()) <= 80 for line in lines if not line.startswith("not kept"))
    assert lines[0].split() == ["code", "age", "waiting", "back", "sent", "by", "topic"]
    assert lines[1].split() == [
        "undecodable_event",
        "1m-20h",
        "1,234",
        "0",
        "0",
        "intake",
        "channel-submissions",
    ]
    assert any(
        line.split() == ["crashed", "5m", "1", "0", "0", "triage", "intake-requests-express"]
        for line in lines
    )


def test_what_was_dropped_is_told_with_number_and_bytes() -> None:
    assert (
        "not kept, only counted: 812 x too_large from channel-submissions, 4,100.0 MB in 30 days"
        in printed(listing())
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0s"), (59, "59s"), (60, "1m"), (7_199, "1h"), (200_000, "2d")]
)
def test_an_age_has_its_largest_unit(seconds: int, text: str) -> None:
    assert age(timedelta(seconds=seconds)) == text
