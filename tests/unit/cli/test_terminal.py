"""Times as options, untrusted bytes made printable, and tables that fit."""

from datetime import timedelta
from io import StringIO

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cli.terminal import parse_moment, printable, show_table
from tests.support.builders import NOON


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


MESSAGE = (
    NOON,
    "26-7KQ4-M2",
    "0197a1b2-c3d4-7000-8000-000000000003",
    12_345,
    None,
    "The provider refused it, three times within an hour",
)
HEADINGS = ("due", "number", "id", "tries", "until", "reason")


def table(*rows: tuple[object, ...], width: int) -> list[str]:
    output = StringIO()
    show_table(Console(file=output, width=width, highlight=False), HEADINGS, rows, "nothing")
    return [line.rstrip() for line in output.getvalue().splitlines()]


@pytest.mark.parametrize("width", [50, 80, 120, 160])
def test_no_line_of_a_table_is_wider_than_the_terminal_and_no_word_is_broken(width: int) -> None:
    lines = table(MESSAGE, MESSAGE, width=width)

    assert max(map(len, lines)) <= width
    for value in ("26-7KQ4-M2", "0197a1b2-c3d4-7000-8000-000000000003", "12,345", "provider"):
        assert sum(value in line for line in lines) == 2


def test_rows_that_do_not_fit_are_blocks_of_facts() -> None:
    first, *_, last = table(MESSAGE, MESSAGE, width=50)

    assert first.split() == ["due", f"{NOON:%Y-%m-%d}", f"{NOON:%H:%M}"]
    assert last.split()[-1] == "hour"
    assert table(MESSAGE, width=160)[0].split() == list(HEADINGS)


def test_a_table_without_rows_says_so() -> None:
    assert table(width=80) == ["nothing"]


@given(st.lists(st.tuples(*[st.text()] * len(HEADINGS)), max_size=3), st.integers(50, 200))
def test_whatever_is_in_a_table_it_fits(rows: list[tuple[object, ...]], width: int) -> None:
    assert all(cell_len(line) <= width for line in table(*rows, width=width))
