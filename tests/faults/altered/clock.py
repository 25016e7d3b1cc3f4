"""``python -m tests.faults.altered.clock SERVICE SECONDS``: a service with a wrong clock."""

import sys
from datetime import datetime, timedelta

from shared.runtime import clock
from tests.faults.altered.service import run_service

_real_utc_now = clock.utc_now


def shift_clock(seconds: float) -> None:
    """Shift the clock for all its readers."""

    def utc_now() -> datetime:
        return _real_utc_now() + timedelta(seconds=seconds)

    clock.utc_now = utc_now


if __name__ == "__main__":
    shift_clock(float(sys.argv[2]))
    run_service(sys.argv[1])
