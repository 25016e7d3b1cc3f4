import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.recovery.render import printable


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(b"plain text", "plain text", id="plain"),
        pytest.param("Años, 道路", "Años, 道路", id="other languages"),
        pytest.param(b"\x1b[31mred", "\\x1b[31mred", id="terminal colours"),
        pytest.param(b"a\r\nb", "a\\r\\nb", id="line ends"),
        pytest.param(b"\xff\xfe", "\\xff\\xfe", id="no UTF-8"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="direction of writing"),
    ],
)
def test_what_is_not_plainly_visible_is_an_escape(said: bytes | str, shown: str) -> None:
    assert printable(said) == shown


@given(st.binary())
def test_any_bytes_become_one_printable_line(said: bytes) -> None:
    assert printable(said).isprintable()
