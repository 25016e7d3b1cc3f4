import pytest

from tests.support.intake.fakes import InMemorySubmissions


@pytest.fixture
def submissions() -> InMemorySubmissions:
    return InMemorySubmissions()
