from datetime import timedelta

import pytest
import typer

from cli.recovery.moments import moment
from tests.builders import NOON


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("6h", timedelta(hours=6)),
        ("2d", timedelta(days=2)),
        ("2026-03-02T11:00Z", timedelta(hours=1)),
        ("2026-03-02T03:00:00-08:00", timedelta(hours=1)),
    ],
)
def test_a_span_counts_back_from_now_and_a_moment_is_itself(text: str, ago: timedelta) -> None:
    assert moment(text, NOON) == NOON - ago


@pytest.mark.parametrize("text", ["yesterday", "", "5", "2026-03-02T11:00", "-5m", "5w"])
def test_what_could_be_read_two_ways_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        moment(text, NOON)
