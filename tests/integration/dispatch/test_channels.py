"""A process of dispatch opens the channels that its setting names, and no others."""

from collections.abc import Mapping, Sequence

import pytest

from services.dispatch.app import CHANNELS, dispatch
from services.dispatch.settings import DispatchSettings
from tests.support.databases import Database
from tests.support.dispatch.http_access import KEYS, OPERATOR, add_keys, serving_dispatch
from tests.support.dispatch.sinkholes import LEAD
from tests.support.intake.http_client import call

pytestmark = pytest.mark.integration

CALLS: Mapping[str, tuple[str, str]] = {
    "bureau_api": (f"/v1/bureaus/{LEAD}/work-orders", KEYS[LEAD]),
    "operator_api": ("/v1/cases", OPERATOR),
    "webhooks": (f"/v1/bureaus/{LEAD}/deliveries", OPERATOR),
}


@pytest.mark.parametrize("channels", [[name] for name in CHANNELS] + [list(CALLS)])
async def test_a_process_serves_the_routes_of_its_channels_and_404s_all_others(
    database: Database, settings: DispatchSettings, channels: Sequence[str]
) -> None:
    await add_keys(database)
    chosen = settings.model_copy(update={"channels": channels})

    async with serving_dispatch(chosen) as client:
        found = {
            name: (await call(client, "GET", path, key)).status
            for name, (path, key) in CALLS.items()
        }

    assert found == {name: 200 if name in channels else 404 for name in CALLS}


async def test_an_unknown_channel_stops_the_start_with_the_names_that_there_are(
    settings: DispatchSettings,
) -> None:
    chosen = settings.model_copy(update={"channels": ("bureau_api", "fax")})
    names = "no channel fax; there are bureau_api, operator_api, webhooks, forwarding"

    with pytest.raises(ValueError, match=names):
        async with dispatch(chosen):
            pass
