import pytest

from tests.unit.intake.fakes import InMemorySubmissions


@pytest.fixture
def submissions() -> InMemorySubmissions:
    return InMemorySubmissions()
