import pytest

from tests.unit.notify.sending.office import Office


@pytest.fixture
def office() -> Office:
    return Office()
