import subprocess
import sys

FAILING = """
from shared.runtime.ops.logging import configure_logging
import structlog
configure_logging("test", "INFO")
def handle(reporter):
    raise KeyError("bug")
try:
    handle("ana.canary@" + "example.org")
except KeyError:
    structlog.get_logger().exception("failed")
"""


def test_a_traceback_says_where_and_never_what_the_variables_held() -> None:
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", FAILING], capture_output=True, text=True, check=True
    )

    assert '"event": "failed"' in done.stdout
    assert "handle" in done.stdout
    assert "ana.canary" not in done.stdout


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
