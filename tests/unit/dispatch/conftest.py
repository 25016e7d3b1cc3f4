import pytest

from tests.unit.dispatch.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
