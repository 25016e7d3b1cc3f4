import pytest

from tests.unit.dispatch.harness import DispatchHarness


@pytest.fixture
def harness() -> DispatchHarness:
    return DispatchHarness()
