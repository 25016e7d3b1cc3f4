"""The console beside an intake whose pages run in a process of their own."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from console.app import open_intake
from console.settings import ConsoleSettings
from services.intake.app import CHANNELS
from tests.integration.intake.conftest import add_keys, intake_settings, serving_intake
from tests.support.databases import Database
from tests.support.intake.http_client import ADAPTER
from tests.support.stack import Stores

pytestmark = pytest.mark.integration


async def test_the_map_and_places_come_from_the_pages_and_reports_go_to_the_other(
    stores: Stores, database: Database, tmp_path: Path
) -> None:
    await add_keys(database.admin_dsn)
    at = intake_settings(database.dsn("intake"), stores.access, tmp_path)
    async with (
        serving_intake(at, reads_kafka=False, channels={"api": CHANNELS["api"]}) as api,
        serving_intake(at, reads_kafka=False, channels={"pages": CHANNELS["pages"]}) as pages,
        AsyncExitStack() as stack,
    ):
        settings = ConsoleSettings.model_validate(
            {
                "postgres_dsn": database.dsn("console"),
                "http_port": 0,
                "public_url": "http://127.0.0.1:9",
                "dispatch_url": "http://127.0.0.1:9",
                "key": "the console's own key",
                "desk_key": ADAPTER,
                "intake_url": api,
                "pages_url": pages,
            }
        )
        intake = await open_intake(settings, stack)
        assert intake
        places = await intake.pages.get("/v1/places", {"q": "SW 4th", "jurisdiction": intake.city})
        async with intake.pages.opened(f"/tiles/{intake.city}.pmtiles", {}) as tiles:
            assert tiles.status == 200
        preview = await intake.preview({"channel": "phone", "description": "A pothole"})

    assert places.body["places"]
    assert preview.is_done
