"""What anybody may read by Open311, without a key."""

import pytest

from tests.integration.intake.conftest import Running
from tests.integration.intake.open311.calls import number_of, read

pytestmark = pytest.mark.integration


async def test_a_request_is_listed_at_once(running: Running) -> None:
    async with running() as client:
        number = await number_of(client, address_string="1220 SW 5th Ave")
        listed = await read(client, "requests.json")
        alone = await read(client, f"requests/{number}.json")
        xml = await read(client, f"requests/{number}.xml")
    assert listed.status == 200, listed.body
    assert listed.json == alone.json
    assert alone.json[0]["service_request_id"] == number
