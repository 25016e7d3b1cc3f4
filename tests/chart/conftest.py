"""The chart's three sizes, each rendered once."""

import pytest

from tests.chart.charts import SIZES, Rendered, render


@pytest.fixture(scope="session", params=SIZES)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """What the chart creates for a size."""
    return render(request.param)


@pytest.fixture(scope="session")
def country() -> Rendered:
    """What the chart creates for a country."""
    return render("country")
