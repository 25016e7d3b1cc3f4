"""Responses with long lists: encoded in parts, with the bytes of one document."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from services.intake.channels.open311.responses import (
    Format,
    Open311Document,
    Page,
    answered,
    encode_document,
)
from services.intake.channels.open311.schema import RequestAccepted


def entries(count: int) -> Open311Document:
    return Open311Document(
        "service_requests",
        [RequestAccepted(service_request_id=f"{n} <&> ]", token=None) for n in range(count)],
    )


@pytest.mark.parametrize("output", ["json", "xml"])
@pytest.mark.parametrize("count", [0, 1, 25, 26, 50, 99])
async def test_a_list_of_any_length_has_the_bytes_of_one_document(
    output: Format, count: int
) -> None:
    async def handle(_: web.Request) -> Page:
        return Page(entries(count), {"Link": "<next>"})

    response = await answered(handle)(make_mocked_request("GET", f"/x.{output}"))

    assert response.body == encode_document(entries(count), output)
    assert response.headers["Link"] == "<next>"
