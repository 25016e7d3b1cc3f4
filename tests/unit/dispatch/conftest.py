import pytest

from tests.unit.dispatch.harness import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
