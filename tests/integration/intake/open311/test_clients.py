"""The tour of three clients from PyPI, each with its own reading of the specification."""

import asyncio
import importlib
import itertools
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, cast

import aiohttp
import pytest
import requests
from typing_extensions import override

from shared.runtime.clock import utc_now
from tests.integration.intake.conftest import Running
from tests.support.intake.http_client import ADAPTER
from tests.support.intake.open311_calls import BASE, CITY

pytestmark = pytest.mark.integration

DESCRIPTION = "A small pothole"
HERE = {"lat": 45.51904, "long": -122.67932}


async def tour(client: aiohttp.ClientSession, visit: Callable[[str], None]) -> None:
    """Run a client, which blocks, in a thread."""
    async with client.get(f"{BASE}/discovery.json") as response:
        await asyncio.to_thread(visit, str(response.url.parent))


class WithListOfKeys(dict[str, Any]):
    @override
    def keys(self) -> list[str]:  # type: ignore[override]
        return list(super().keys())


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client called three, which was written for Python 2: two shims make it run.

    ``itertools.ifilter`` is ``filter`` now, and the keys of a dictionary are no list.
    """
    monkeypatch.setattr(itertools, "ifilter", filter, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        core = importlib.import_module("three.core")
    relaxed = core.xml

    monkeypatch.setattr(core, "xml", lambda content: WithListOfKeys(relaxed(content)))
    return core.Three


@pytest.mark.parametrize("output", ["json", "xml"])
async def test_three_makes_its_tour(running: Running, three: Any, output: str) -> None:
    def visit(url: str) -> None:
        with three(url, api_key=ADAPTER, jurisdiction=CITY, format=output).session as session:
            client = three(url, api_key=ADAPTER, jurisdiction=CITY, format=output)
            client.session.close()
            client.session = session
            assert "endpoints" in client.discovery()
            services, questions = client.services(), client.services("ROW-POTHOLE")
            posted = client.post(
                "ROW-POTHOLE",
                description=DESCRIPTION,
                name="Ana Ruiz",
                phone="503-555-0100",
                **HERE,
            )
            if output == "xml":
                assert {"service", "attributes", "request"} == {*services, "attributes", *posted}
                number = posted["request"]["service_request_id"]
                assert client.request(number)["request"]["description"] == DESCRIPTION
                return
            number = posted[0]["service_request_id"]
            assert "ROW-POTHOLE" in {service["service_code"] for service in services}
            assert questions["attributes"]
            assert [one["description"] for one in client.request(number)] == [DESCRIPTION]
            today = utc_now().date()
            between = [today - timedelta(days=3), today + timedelta(days=1)]
            assert len(client.requests("ROW-POTHOLE", between=between, count=5)) == 1
            assert client.requests("ROW-SIGN") == []
            assert client.token(number)[0]["service_request_id"] == number
            assert client.post("NO-SUCH", **HERE)[0]["code"] == 404

    async with running() as client:
        await tour(client, visit)


@pytest.mark.parametrize("output", ["json", "xml"])
async def test_georeport_makes_its_tour(running: Running, output: str) -> None:
    from georeport.georeport import GeoReport  # noqa: PLC0415 - reads its own metadata

    def visit(url: str) -> None:
        form = {
            "api_key": ADAPTER,
            "jurisdiction_id": CITY,
            "service_code": "ROW-POTHOLE",
            "description": DESCRIPTION,
            **HERE,
        }
        posted = requests.post(f"{url}/requests.json", data=form, timeout=10)  # it cannot post
        number = posted.json()[0]["service_request_id"]
        client = GeoReport(url, jurisdiction=CITY, output_format=output)
        assert "ROW-POTHOLE" in {one["service_code"] for one in client.get_service_list()}
        assert client.get_service_definition("ROW-POTHOLE")["attributes"]
        assert client.get_service_request(number)["description"] == DESCRIPTION
        span = {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-03-01T00:00:00Z"}
        listed: Any = client.get_service_requests(service_code="ROW-POTHOLE", status="open")
        assert [
            one["service_request_id"] for one in (listed if output == "json" else [listed])
        ] == [number]
        if output == "json":
            assert client.get_service_requests(service_request_id=number)
            assert client.get_service_requests(**span) == []
        with pytest.raises(requests.HTTPError, match="404"):
            client.get_service_definition("NO-SUCH")

    async with running() as client:
        await tour(client, visit)


class Unhurried:
    """Stands for civicbot's limiter, and lets it call as fast as it can."""

    calls: ClassVar[int] = 0

    def wait(self, _: str) -> None:
        Unhurried.calls += 1


async def test_civicbot_makes_its_tour(running: Running) -> None:
    from civicbot import Endpoint, HttpError, HttpTransport, Open311Client  # noqa: PLC0415

    def visit(url: str) -> None:
        endpoint = Endpoint("pdx", "Portland", url, write=True)
        transport = HttpTransport(rate_limiter=cast(Any, Unhurried()))
        client = Open311Client(endpoint, transport, jurisdiction_id=CITY)
        prepared = client.create_request(
            "CAMP-REPORT",
            dry_run=False,
            confirm="SEND",
            api_key=ADAPTER,
            validate_remote=True,
            lat=HERE["lat"],
            lng=HERE["long"],
            description=DESCRIPTION,
            attributes={"needles": "yes", "tents_count": 3},
        )
        number = prepared.response[0]["service_request_id"]
        request = client.get_request(number)
        assert request is not None
        assert request["description"] == DESCRIPTION
        assert client.get_token(number)[0]["service_request_id"] == number
        assert client.list_requests(status="open", page_size=5) == [request]
        assert client.list_requests(service_request_ids=[number]) == [request]
        assert client.list_requests(status="closed") == []
        assert client.get_service_definition("CAMP-REPORT")["service_code"] == "CAMP-REPORT"
        with pytest.raises(HttpError, match="404"):
            client.get_request("26-0000-000000")

    async with running() as client:
        await tour(client, visit)
    assert Unhurried.calls
