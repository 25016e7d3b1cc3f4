import json
import subprocess
import sys
from typing import Any

import pytest

CANARY = "ana.canary"
SETUP = """
import asyncio, threading, logging
from shared.errors import PermanentError
from shared.runtime.ops.logging import configure_logging
from shared.runtime.ops.tracebacks import log_loop_errors
import structlog
configure_logging("test", "INFO")
value = "ana" + ".canary@example.org"
def handle(reporter):
    raise KeyError(reporter)
"""
CAUGHT = """
try:
    handle(value)
except KeyError:
    structlog.get_logger().exception("failed")
"""
OF_A_LIBRARY = """
try:
    handle(value)
except KeyError:
    logging.getLogger("library").exception("Error handling request")
"""
UNCAUGHT = "handle(value)"
WITH_CAUSE = """
try:
    handle(value)
except KeyError as error:
    raise PermanentError("description: wrong") from error
"""
IN_A_GROUP = "raise ExceptionGroup('of ' + value, [KeyError(value), ValueError(value)])"
IN_A_THREAD = """
thread = threading.Thread(target=handle, args=(value,)); thread.start(); thread.join()
"""
NEVER_AWAITED = """
async def fail(): handle(value)
async def main():
    log_loop_errors(asyncio.get_running_loop())
    task = asyncio.create_task(fail(), name=value)
    await asyncio.wait({task})
    del task
asyncio.run(main())
"""
IN_A_FINALIZER = """
class Odd:
    def __del__(self): handle(value)
odd = Odd(); del odd
"""


def logged(code: str) -> tuple[list[dict[str, Any]], str, int]:
    """Return the log lines as objects, all output, and the exit code."""
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", SETUP + code], capture_output=True, text=True, check=False
    )
    return (
        [json.loads(s) for s in done.stdout.splitlines()],
        done.stdout + done.stderr,
        (done.returncode),
    )


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (CAUGHT, "failed"),
        (OF_A_LIBRARY, "Error handling request"),
        (UNCAUGHT, "process_failed"),
        (WITH_CAUSE, "process_failed"),
        (IN_A_THREAD, "thread_failed"),
        (NEVER_AWAITED, "loop_error"),
        (IN_A_FINALIZER, "error_in_finalizer"),
    ],
)
def test_an_error_is_one_json_line_that_says_where_and_never_what_the_values_were(
    code: str, event: str
) -> None:
    lines, output, _ = logged(code)

    [line] = lines
    assert line["event"] == event
    stacks = line["exception"]
    assert any("handle" in frame for stack in stacks for frame in stack["frames"])
    assert stacks[-1]["type"] == "builtins.KeyError"
    assert CANARY not in output
    assert "Traceback" not in output


def test_our_own_error_keeps_its_message_and_its_cause_does_not() -> None:
    [line], _, _ = logged(WITH_CAUSE)

    ours, cause = line["exception"]
    assert ours["message"] == "description: wrong"
    assert "message" not in cause


def test_a_group_shows_each_of_its_errors() -> None:
    [line], output, code = logged(IN_A_GROUP)

    [group] = line["exception"]
    assert [chain[0]["type"] for chain in group["errors"]] == [
        "builtins.KeyError",
        "builtins.ValueError",
    ]
    assert CANARY not in output
    assert code == 1


QUOTING = """
from shared.runtime.ops.logging import configure_logging
import logging
configure_logging("test", "DEBUG")
logging.getLogger("aiohttp.server").exception("Error", exc_info=ValueError("canary"))
logging.getLogger("another").warning("is shown")
"""


def test_aiohttps_messages_which_quote_requests_are_not_shown() -> None:
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", QUOTING], capture_output=True, text=True, check=True
    )

    assert "is shown" in done.stdout
    assert "canary" not in done.stdout + done.stderr


LATER = """
import logging
from shared.runtime.ops.logging import configure_logging
early = logging.getLogger("mail.log")
early.disabled = True
configure_logging("test", "INFO")
early.info("%r >> %r", "peer", "canary")
for name in ("mail.log", "another"):
    late = logging.getLogger(name)
    late.setLevel("DEBUG")
    late.debug("%r >> %r", "peer", "canary")
logging.getLogger("aiokafka.client").warning("no %s", "broker")
"""


def test_a_librarys_values_are_not_shown_whenever_its_logger_was_set_up() -> None:
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", LATER], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line)["event"] for line in done.stdout.splitlines()]

    assert lines == ["%r >> %r", "%r >> %r", "no broker"]
    assert "canary" not in done.stdout + done.stderr
