"""``python -m tests.faults.altered.clock SERVICE SECONDS``: a service with a wrong clock.

SIGUSR1 sets it right: a step by as many seconds.
"""

import signal
import sys
from datetime import datetime, timedelta

from shared.runtime import clock
from tests.faults.altered.service import run_service

_real_utc_now = clock.utc_now


def shift_clock(seconds: float) -> None:
    """Shift the clock for all its readers, until the signal."""
    shift = timedelta(seconds=seconds)

    def utc_now() -> datetime:
        return _real_utc_now() + shift

    def set_right(*_: object) -> None:
        nonlocal shift
        shift = timedelta()

    clock.utc_now = utc_now
    signal.signal(signal.SIGUSR1, set_right)


if __name__ == "__main__":
    shift_clock(float(sys.argv[2]))
    run_service(sys.argv[1])
