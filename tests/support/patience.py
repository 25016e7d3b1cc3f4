"""How long callers over HTTP wait for the database of a service in this process."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from services.intake.channels.api import bulk
from shared.runtime.http.deadline import Deadline

_begin = Deadline.__init__

BUSY_S = 30.0
"""What a busy machine may take; a test of an outage takes the services' own deadline."""


@contextmanager
def callers_wait(seconds: float) -> Generator[None]:
    """Give every call so many seconds, or what it has if that is more, until its answer is 503."""

    def patient(deadline: Deadline, own_s: float = seconds) -> None:
        _begin(deadline, max(own_s, seconds))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Deadline, "__init__", patient)
        patch.setattr(bulk, "_LINES_DEADLINE_S", seconds)
        yield
