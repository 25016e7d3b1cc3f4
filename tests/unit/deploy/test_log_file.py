import json
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.folder import DataFolder
from deploy.local.log_file import LogFile, readable
from tests.unit.deploy.dying_service import taken_port, triage_at

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
LOGGED_ERRORS = st.fixed_dictionaries(
    {"type": ANY_JSON},
    optional={"message": ANY_JSON, "frames": st.lists(ANY_JSON) | ANY_JSON, "errors": ANY_JSON},
)


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


def test_the_death_of_a_service_reads_as_the_type_text_and_place_of_each_error() -> None:
    with taken_port() as port:
        triage = triage_at(port)
        died = subprocess.run(  # noqa: S603 - ours
            triage.argv, env=triage.environment, stdout=subprocess.PIPE, text=True, check=False
        )

    [line] = [line for line in died.stdout.splitlines() if '"process_failed"' in line]
    headline, group, cause = readable(line).splitlines()
    assert headline.endswith("critical process_failed reason=ExceptionGroup")
    assert group.startswith("  builtins.ExceptionGroup (")
    assert cause.startswith("    builtins.OSError: error while attempting to bind on address")
    assert cause.endswith("create_server)")


@given(st.lists(LOGGED_ERRORS) | ANY_JSON, ANY_JSON)
def test_a_line_with_fields_of_any_shape_can_be_read(exception: Any, field: Any) -> None:
    line = json.dumps({"event": field, "level": field, "timestamp": field, "exception": exception})

    assert isinstance(readable(line), str)


@pytest.mark.parametrize(
    "line",
    [
        "plain text",
        "[1, 2]",
        '{"no": "event"}',
        "17",
        "{broken",
        "7" * 5_000,
        "[" * 50_000,
        '{"event": "x", "exception": ' + '[{"errors": [' * 300 + "]}]" * 300 + "}",
    ],
    ids=lambda line: line[:10],
)
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert readable(line) == line


def test_a_log_that_somebody_deleted_has_no_last_lines(folder: DataFolder) -> None:
    log = LogFile(folder.logs / "triage.log")
    with log.open() as file:
        file.write(b"a line\n")
    log.path.unlink()

    assert log.last_lines(15) == []
