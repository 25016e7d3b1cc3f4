"""Intake's OpenAPI document, and that its answers are as it says."""

import re
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from tests.integration.intake.conftest import Running
from tests.integration.intake.http_client import get, plain, post
from tests.integration.intake.open311.calls import read, send

pytestmark = pytest.mark.integration

DOCUMENTED = {
    ("/v1/submissions", "post"),
    ("/v1/requests/{tracking_number}", "get"),
    ("/open311/v2/discovery.{format}", "get"),
    ("/open311/v2/services.{format}", "get"),
    ("/open311/v2/services/{code}.{format}", "get"),
    ("/open311/v2/requests.{format}", "get"),
    ("/open311/v2/requests.{format}", "post"),
    ("/open311/v2/requests/{id}.{format}", "get"),
    ("/open311/v2/tokens/{token}.{format}", "get"),
    ("/open311/v2/servicerequestupdates.{format}", "get"),
}


async def document_of(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/openapi.json") as response:
        assert response.content_type == "application/json"
        document: dict[str, Any] = await response.json()
        return document


def validate(document: dict[str, Any], path: str, method: str, status: int, body: Any) -> None:
    """Validate a JSON answer against the document."""
    response = document["paths"][path][method]["responses"][str(status)]
    [schema] = [
        content["schema"] for name, content in response["content"].items() if "json" in name
    ]
    Draft202012Validator({**schema, "components": document["components"]}).validate(body)


async def test_every_route_is_described_with_parameters_and_models(running: Running) -> None:
    async with running() as client:
        document = await document_of(client)

    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert described >= DOCUMENTED
    text = repr(document)
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in document["components"]["schemas"]
    requests = document["paths"]["/open311/v2/requests.{format}"]["get"]
    named = {parameter["name"] for parameter in requests["parameters"]}
    assert {"format", "bbox", "updated_after", "page_size", "jurisdiction_id"} <= named
    submission = document["components"]["schemas"]["Submission"]["properties"]
    assert submission["description"]["description"].startswith("Problem in the reporter's own")


async def test_answers_are_as_documented(running: Running) -> None:
    async with running() as client:
        document = await document_of(client)
        accepted = await post(client)
        refused = await post(client, plain(service_code="NO-SUCH"))
        number = accepted.json["tracking_number"]
        status = await get(client, f"/v1/requests/{number}")
        taken = await send(client, {})
        listed = await read(client, "requests.json", extensions="true")
        wrong = await read(client, "requests.json", status="done")

    validate(document, "/v1/submissions", "post", 201, accepted.json)
    validate(document, "/v1/submissions", "post", 422, refused.json)
    validate(document, "/v1/requests/{tracking_number}", "get", 200, status.json)
    requests = "/open311/v2/requests.{format}"
    validate(document, requests, "post", 200, taken.json)
    validate(document, requests, "get", 200, listed.json)
    validate(document, requests, "get", 400, wrong.json)
    assert not status.json.keys() ^ document["components"]["schemas"]["RequestStatus"]["properties"]
