import pytest

from tests.unit.notify.delivery.harness import DeliveryHarness


@pytest.fixture
def harness() -> DeliveryHarness:
    return DeliveryHarness()
