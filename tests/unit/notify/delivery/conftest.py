import pytest

from tests.support.notify.deliveries import DeliveryHarness


@pytest.fixture
def harness() -> DeliveryHarness:
    return DeliveryHarness()
