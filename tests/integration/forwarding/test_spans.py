"""A forward stands in the trace of its case."""

import pytest

from shared.runtime.postgres import Pool
from tests.integration.forwarding.test_open311 import Forwarder
from tests.integration.intake.conftest import Running
from tests.support.dispatch.http_access import open_case
from tests.support.dispatch.other_city import other_city
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.spans import CALLER, TRACEPARENT, Spans, parent_of

pytestmark = pytest.mark.integration


async def test_a_forward_is_a_span_of_its_case(
    running: Running, dispatch_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    async with running() as client, other_city(client) as city:
        spans.install(monkeypatch)
        decided = sinkhole().model_copy(update={"traceparent": TRACEPARENT})
        await open_case(dispatch_pool, decided)
        await Forwarder(dispatch_pool, city.endpoint).send_all()
    [sent] = [span for span in spans.ended if span.name == "deliver open311"]
    assert (parent_of(sent), sent.attributes) == (CALLER, {"bureau": LEAD})
