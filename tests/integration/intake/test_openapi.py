"""Intake's OpenAPI document, and that its answers are as it says."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from jsonschema import Draft202012Validator

from services.intake.app import intake
from tests.integration.intake.conftest import OPERATOR, Running, intake_settings
from tests.support.databases import Database
from tests.support.intake.http_client import (
    ADAPTER,
    bulk,
    call,
    get,
    line,
    note,
    plain,
    post,
    preview,
)
from tests.support.intake.media import upload
from tests.support.intake.open311_calls import read, send
from tests.support.pictures import encoded

pytestmark = pytest.mark.integration

PATH = "/v1/requests/{tracking_number}"


async def routes_of_intake(database: Database, folder: Path) -> set[tuple[str, str]]:
    """Every path and method of intake, without the handlers that refuse any other method."""
    settings = intake_settings(database.dsn("intake"), database.stores.access, folder)
    async with intake(settings) as parts:
        routes = [route for route in parts.routes if isinstance(route, web.RouteDef)]
    variable = re.compile(r"\{(\w+):[^{}]*\}")
    return {
        (variable.sub(r"{\1}", route.path), route.method.lower())
        for route in routes
        if route.method != "*"
    }


async def document_of(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/openapi.json") as response:
        assert response.content_type == "application/json"
        document: dict[str, Any] = await response.json()
        return document


def described(document: dict[str, Any], path: str, method: str, status: int) -> dict[str, Any]:
    """Return what the document says about an answer."""
    answer: dict[str, Any] = document["paths"][path][method]["responses"][str(status)]
    return answer


def validate(document: dict[str, Any], path: str, method: str, status: int, body: Any) -> None:
    """Validate a JSON answer against the document."""
    response = described(document, path, method, status)
    [schema] = [
        content["schema"] for name, content in response["content"].items() if "json" in name
    ]
    Draft202012Validator({**schema, "components": document["components"]}).validate(body)


async def test_every_route_is_described_with_parameters_and_models(
    running: Running, database: Database, tmp_path: Path
) -> None:
    routes = await routes_of_intake(database, tmp_path)
    async with running() as client:
        document = await document_of(client)

    described = {(path, method) for path, item in document["paths"].items() for method in item}
    probes = ("/live", "/ready", "/serving", "/metrics")
    assert described == routes | {(path, "get") for path in probes}
    assert len(routes) > 15
    upload = document["paths"]["/v1/media"]["post"]["requestBody"]["content"]
    assert upload["multipart/form-data"] != upload["image/jpeg"]
    text = repr(document)
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in document["components"]["schemas"]
    requests = document["paths"]["/open311/v2/requests.{format}"]["get"]
    named = {parameter["name"] for parameter in requests["parameters"]}
    assert {"format", "bbox", "updated_after", "page_size", "jurisdiction_id"} <= named
    submission = document["components"]["schemas"]["Submission"]["properties"]
    assert submission["description"]["description"].startswith("Problem in the reporter's own")


@pytest.mark.parametrize("status", ["429", "503"])
async def test_whoever_must_wait_is_told_how_long(
    client: aiohttp.ClientSession, status: str
) -> None:
    document = await document_of(client)

    answers = {
        f"{method} {path}": operation["responses"][status]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if path not in {"/ready", "/serving"} and status in operation["responses"]
    }
    assert len(answers) > 15
    for name, answer in answers.items():
        assert answer["headers"]["Retry-After"]["required"], name


async def test_a_body_that_cannot_be_decoded_is_refused_as_documented(
    client: aiohttp.ClientSession,
) -> None:
    document = await document_of(client)
    for path, item in document["paths"].items():
        for media_type in item.get("post", {}).get("requestBody", {}).get("content", {}):
            headers = {
                "Content-Type": f"{media_type}; boundary=x",
                "Content-Encoding": "gzip",
                "Connection": "close",
            }
            number = "26-0000-000000"
            named = {"tracking_number": number, "number": number, "format": "json"}
            named |= {"draft": "1", "step": "what", "topic": "x-dlq", "offset": "1", "key_id": "1"}
            url = path.format(**named)
            key = OPERATOR if path.startswith(("/v1/dead-letters", "/v1/keys")) else ADAPTER
            refused = await call(
                client, "POST", url, key, headers=headers, data=BytesIO(b"no gzip")
            )
            if "text/html" in described(document, path, "post", 400)["content"]:
                if path.endswith("/receipt"):  # nobody reads the body of an unknown draft
                    assert refused.status == 404, url
                    continue
                assert refused.status == 415, url  # of a page nobody has a key
                assert described(document, path, "post", 415)
                assert refused.headers["Content-Type"].startswith("text/html"), url
            else:
                assert refused.status == 400, url
                validate(document, path, "post", 400, refused.json)


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
        shown = await preview(client, plain(description="A live wire is down and sparking"))
        noted = await note(client, number)
        empty = await note(client, number, {"text": ""})
        lines = await bulk(client, line("1"), b"{", line("2", data=plain(channel="fax")))
        kept = await upload(client, encoded())
        gif = await upload(client, encoded(kind="GIF"))
        path = f"/v1/media/{kept.json['media_id']}/release"
        released = await call(client, "POST", path, OPERATOR)

    validate(document, "/v1/submissions", "post", 201, accepted.json)
    validate(document, "/v1/submissions", "post", 422, refused.json)
    validate(document, PATH, "get", 200, status.json)
    validate(document, "/v1/submissions/preview", "post", 200, shown.json)
    validate(document, f"{PATH}/notes", "post", 201, noted.json)
    validate(document, f"{PATH}/notes", "post", 422, empty.json)
    validate(document, "/v1/media", "post", 201, kept.json)
    validate(document, "/v1/media", "post", 415, gif.json)
    validate(document, "/v1/media/{media_id}/release", "post", 200, released.json)
    assert [answer["status"] for answer in lines.lines] == [201, 400, 422]
    for answer in lines.lines:
        validate(document, "/v1/submissions/bulk", "post", 200, answer)
    requests = "/open311/v2/requests.{format}"
    validate(document, requests, "post", 200, taken.json)
    validate(document, requests, "get", 200, listed.json)
    validate(document, requests, "get", 400, wrong.json)
    assert not status.json.keys() ^ document["components"]["schemas"]["RequestStatus"]["properties"]
