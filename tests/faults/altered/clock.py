"""``python -m tests.faults.altered.clock SERVICE SECONDS``: a service whose clock is wrong."""

import sys
from datetime import datetime, timedelta

from shared.runtime import clock
from tests.faults.altered.service import run_service

_right = clock.utc_now


def shifted_by(seconds: float) -> None:
    """Let every reader of the clock see another time."""

    def utc_now() -> datetime:
        return _right() + timedelta(seconds=seconds)

    clock.utc_now = utc_now


if __name__ == "__main__":
    shifted_by(float(sys.argv[2]))
    run_service(sys.argv[1])
