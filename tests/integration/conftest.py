"""Services on a machine that is busy with other things."""

from collections.abc import Generator

import pytest

from tests.support.patience import BUSY_S, callers_wait


@pytest.fixture(autouse=True)
def _patient_callers() -> Generator[None]:
    with callers_wait(BUSY_S):
        yield
