import json

import pytest

from deploy.local.log_file import readable


def test_a_json_line_reads_as_words_with_its_fields_at_the_end() -> None:
    line = json.dumps(
        {
            "code": "too_large",
            "event": "message_parked",
            "service": "intake",
            "logger": "shared.runtime.consumer.consumer",
            "level": "warning",
            "timestamp": "2026-11-24T16:12:31.123Z",
        }
    )

    assert readable(line) == "16:12:31 warning message_parked code=too_large"


def test_an_exception_reads_as_its_type_text_and_place() -> None:
    frames = [{"filename": "a.py", "lineno": 1, "name": "main"}]
    frames.append({"filename": "b.py", "lineno": 7, "name": "parse"})
    cause = {"exc_type": "ValueError", "exc_value": "no number", "frames": frames}
    line = json.dumps({"event": "failed", "level": "error", "exception": [cause]})

    assert readable(line) == "error failed\n  ValueError: no number (b.py:7 in parse)"


@pytest.mark.parametrize("line", ["plain text", "[1, 2]", '{"no": "event"}', "17", "{broken"])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert readable(line) == line
