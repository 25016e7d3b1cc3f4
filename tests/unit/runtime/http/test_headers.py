"""Headers of requests are read in linear time, whatever stands in them."""

from time import process_time

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from shared.runtime.http.calls import cookie_of, media_type_of

UNITS = (";", ",", "=", '"', "a=b;", 'a;b="', "(", " ", "\\")
CALLS = 100
MOST_S = 0.002
"""CPU of a call; aiohttp's own readers take 8 to 60 ms."""


def request(**headers: str) -> web.Request:
    return make_mocked_request("GET", "/", {n.replace("_", "-"): v for n, v in headers.items()})


@pytest.mark.parametrize(
    ("given", "media_type"),
    [
        pytest.param("application/json", "application/json", id="alone"),
        pytest.param(" Text/HTML ; charset=utf-8", "text/html", id="with a parameter"),
        pytest.param("multipart/form-data;boundary=x", "multipart/form-data", id="no space"),
        pytest.param("", "", id="empty"),
        pytest.param("text/html;" + "a" * 246, "text/html", id="as long as may be"),
        pytest.param("text/html;" + "a" * 247, "", id="longer"),
    ],
)
def test_a_media_type_has_no_parameters_and_is_short(given: str, media_type: str) -> None:
    assert media_type_of(request(Content_Type=given)) == media_type


def test_without_a_content_type_there_is_no_media_type() -> None:
    assert media_type_of(request()) == ""


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        pytest.param("lang=es", "es", id="alone"),
        pytest.param("a=b; lang=es ;lang=en", "es", id="the first of two"),
        pytest.param("slang=es; Lang=es", "", id="other names"),
        pytest.param("lang", "", id="no value"),
    ],
)
def test_a_cookie_is_found_by_its_name(sent: str, value: str) -> None:
    assert cookie_of(request(Cookie=sent), "lang") == value


@pytest.mark.parametrize("unit", UNITS)
def test_a_header_of_8_kb_costs_little(unit: str) -> None:
    calls = [request(Content_Type=unit * 8_000, Cookie=unit * 8_000) for _ in range(CALLS)]
    began = process_time()
    for call in calls:
        media_type_of(call)
        cookie_of(call, "lang")

    assert (process_time() - began) / CALLS < MOST_S
