"""Times as options, and untrusted bytes made printable."""

from datetime import timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from cli.terminal import parse_moment, printable
from tests.builders import NOON


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(b"plain text", "plain text", id="plain"),
        pytest.param("Años, 道路", "Años, 道路", id="other languages"),
        pytest.param(b"\x1b[31mred", "\\x1b[31mred", id="terminal colours"),
        pytest.param(b"a\r\nb", "a\\r\\nb", id="line ends"),
        pytest.param(b"\xff\xfe", "\\xff\\xfe", id="no UTF-8"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="direction of writing"),
    ],
)
def test_what_is_not_plainly_visible_is_an_escape(value: bytes | str, shown: str) -> None:
    assert printable(value) == shown


@given(st.binary())
def test_any_bytes_become_one_printable_line(value: bytes) -> None:
    assert printable(value).isprintable()


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
    assert parse_moment(text, NOON) == NOON - ago


@pytest.mark.parametrize("text", ["yesterday", "", "5", "2026-03-02T11:00", "-5m", "5w"])
def test_what_could_be_read_two_ways_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_moment(text, NOON)
