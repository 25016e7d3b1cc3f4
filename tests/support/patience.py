"""How long callers over HTTP wait for the database of a service in this process."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from services.intake.channels.api import bulk
from shared.runtime.http.deadline import Deadline

BUSY_S = 30.0
"""What a busy machine may take; a test of an outage takes the services' own deadline."""


@contextmanager
def callers_wait(seconds: float) -> Generator[None]:
    """Give every call so many seconds until its answer is 503."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Deadline.__init__, "__defaults__", (seconds,))
        patch.setattr(bulk, "_LINES_DEADLINE_S", seconds)
        yield
