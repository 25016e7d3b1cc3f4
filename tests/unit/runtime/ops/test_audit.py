import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from shared.runtime.ops.audit import RefusalLog

AT_LEVEL_ERROR = """
from shared.runtime.ops.logging import configure_logging
from shared.runtime.ops.audit import audit
import structlog
configure_logging("test", "ERROR")
structlog.get_logger().info("usual")
audit("key_added", key="1a2b3c4d")
"""


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def __call__(self) -> float:
        return self.now

    def schedule(self, delay_s: float, call: Callable[[], None]) -> None:
        self.calls.append((self.now + delay_s, call))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        due = [call for at, call in self.calls if at <= self.now]
        self.calls = [(at, call) for at, call in self.calls if at > self.now]
        for call in due:
            call()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_stream_is_written_at_any_log_level_as_json_with_a_mark() -> None:
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", AT_LEVEL_ERROR], capture_output=True, text=True, check=True
    )

    line = json.loads(done.stdout)
    assert (line["event"], line["audit"], line["logger"]) == ("key_added", True, "audit")
    assert (line["service"], line["key"]) == ("test", "1a2b3c4d")


def test_a_few_failures_get_a_line_each(clock: Clock) -> None:
    failures = RefusalLog(clock, clock.schedule)
    with capture_logs() as lines:
        for _ in range(10):
            failures.add("192.0.2.1", "unknown_key")
        clock.pass_time(60)

    assert [line["event"] for line in lines] == ["authentication_failed"] * 10
    assert lines[0]["address"] == "192.0.2.1"
    assert lines[0]["reason"] == "unknown_key"


def test_a_flood_of_failures_is_counted_in_one_line_a_minute(clock: Clock) -> None:
    failures = RefusalLog(clock, clock.schedule)
    with capture_logs() as lines:
        for number in range(50_000):
            failures.add(f"192.0.2.{number % 100}", "unknown_key")
        clock.pass_time(60)

    assert len(lines) == 11
    assert lines[-1]["event"] == "authentication_failures_counted"
    assert lines[-1]["failures"] == 49_990
    assert lines[-1]["reasons"] == {"unknown_key": 49_990}
    assert lines[-1]["addresses"] == 100


def test_the_next_minute_begins_anew(clock: Clock) -> None:
    failures = RefusalLog(clock, clock.schedule)
    with capture_logs() as lines:
        for _ in range(12):
            failures.add(None, "unknown_key")
        clock.pass_time(61)
        failures.add(None, "scope_bureau")
        clock.pass_time(120)

    events = [line["event"] for line in lines]
    assert events[10:] == ["authentication_failures_counted", "authentication_failed"]
    assert lines[10]["failures"] == 2
