import pytest

from services.notify.channels.sms.rules import SmsParts, sms_parts


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        pytest.param("é" * 160, "gsm7", 1, id="as many as one part holds"),
        pytest.param("a" * 161, "gsm7", 2, id="one more"),
        pytest.param("a" * 307, "gsm7", 3, id="parts of several are shorter"),
        pytest.param("€" * 80, "gsm7", 1, id="signs of the extension take two places"),
        pytest.param("€" * 81, "gsm7", 2, id="one of them more"),
        pytest.param("á" * 70, "ucs2", 1, id="a letter outside of GSM 03.38"),
        pytest.param("á" + "a" * 70, "ucs2", 2, id="makes the whole text longer"),
        pytest.param("á" * 135, "ucs2", 3, id="parts of several are shorter, too"),
        pytest.param("😀" * 36, "ucs2", 2, id="an emoji takes two places"),
    ],
)
def test_a_text_is_sent_in_parts_by_its_characters(text: str, encoding: str, count: int) -> None:
    assert sms_parts(text) == SmsParts(encoding, count)  # type: ignore[arg-type]
