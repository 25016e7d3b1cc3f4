"""What every page has: language, headers, limits, and no forms from other sites."""

from io import BytesIO

import aiohttp
import pytest

from tests.integration.intake.conftest import Running
from tests.support.intake.browser import visit
from tests.support.intake.http_client import Response, call, get
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

PATHS = ("/", "/report", "/track", "/accessibility", "/privacy")
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("settings", "header", "is_secure"),
    [
        pytest.param({}, "", True, id="a public URL with TLS"),
        pytest.param({"public_url": "http://city.example"}, "", False, id="none"),
        pytest.param({"public_url": "http://city.example"}, "https", False, id="a false proxy"),
        pytest.param(
            {"public_url": "http://city.example", "ROUTE311_TRUSTED_PROXIES": "127.0.0.0/8"},
            "http, https",
            True,
            id="a proxy with TLS",
        ),
    ],
)
async def test_the_cookie_of_the_language_is_secure_behind_tls(
    running: Running, settings: dict[str, str], header: str, is_secure: bool
) -> None:
    async with running(**settings) as client:
        page = await get(client, "/?lang=es", **{"X-Forwarded-Proto": header} if header else {})

    assert ("; Secure" in page.headers["Set-Cookie"]) is is_secure


async def test_the_language_is_that_of_query_cookie_or_browser(
    client: aiohttp.ClientSession,
) -> None:
    pages = [await visit(client, path) for path in PATHS]
    browser = await visit(client, "/", **{"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})
    unknown = await visit(client, "/", **{"Accept-Language": "tlh"})
    chosen = await visit(client, "/report?lang=es")
    remembered = await visit(client, "/track", Cookie="lang=es")
    changed = await visit(client, "/?lang=en", Cookie="lang=es")

    assert {(page.status, page.language) for page in pages} == {(200, "en")}
    assert (browser.language, unknown.language) == ("es", "en")
    assert (chosen.language, remembered.language, changed.language) == ("es", "es", "en")
    assert chosen.headers["Set-Cookie"].startswith("lang=es;")
    assert chosen.headers["Content-Language"] == "es"
    for page in pages:
        assert page.texts("//nav[@class='languages']/*") == ["English", "Español"]


@pytest.mark.parametrize("path", [*PATHS, "/track/26-7KQ4-M2"])
async def test_a_page_is_small_and_lets_no_other_site_in(
    client: aiohttp.ClientSession, path: str
) -> None:
    page = await get(client, path)
    [style] = (await visit(client, path)).tree.xpath("//link[@rel='stylesheet']/@href")
    sheet = await get(client, style)

    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert b"style=" not in page.body
    assert b"onclick" not in page.body
    assert sheet.status == 200
    assert "immutable" in sheet.headers["Cache-Control"]
    assert len(page.body) + len(sheet.body) < 100_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        {"Origin": "http://\u2100.example"},
    ],
)
async def test_a_form_from_another_site_is_refused(
    client: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    refused = await call(client, "POST", "/report", headers=headers, data={"step": "1"})
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    taken = await call(client, "POST", "/report", headers=own, data={"step": "1"})

    assert (refused.status, taken.status) == (403, 422)
    assert b"<h1>" in refused.body


async def test_what_is_no_form_gets_a_page_that_says_so(client: aiohttp.ClientSession) -> None:
    answers = [
        await call(client, "POST", "/report", headers={"Content-Type": kind}, data=body)
        for kind, body in (
            (FORM, b"description=%FF"),
            (FORM, b"&".join(b"a=1" for _ in range(501))),
            ("multipart/form-data", b"no boundary"),
            ("multipart/form-data; boundary=x", b"--x\r\nno head"),
        )
    ]
    large = await call(
        client,
        "POST",
        "/report",
        headers={"Content-Type": FORM},
        data=BytesIO(b"a" * 1_100_000),
    )

    assert [answer.status for answer in answers] == [400, 400, 400, 400]
    assert large.status == 413
    assert all(b"<h1>" in answer.body for answer in (*answers, large))


async def test_an_address_that_sends_too_many_forms_gets_429_and_can_still_look(
    running: Running,
) -> None:
    async with running(forms_per_minute=2) as client:
        answers = [await call(client, "POST", "/report", data={"step": "1"}) for _ in range(3)]
        page = await visit(client, "/report")
        data = {
            "form": page.value("form"),
            "description": "A live wire is down and sparking",
            "address": "Pioneer Courthouse Square",
        }

        async def told_all() -> Response | None:
            answer = await call(client, "POST", "/report/preview", data=data)
            return answer if b"data-latitude" in answer.body else None

        told = await eventually(told_all)
        foreign = {"Origin": "https://elsewhere.example"}
        refused = await call(client, "POST", "/report/preview", headers=foreign, data=data)
        unknown = await call(client, "POST", "/report/preview", data=data | {"form": "0.0"})

    assert [answer.status for answer in answers] == [422, 422, 429]
    assert told is not None
    assert (told.status, refused.status, unknown.status) == (200, 403, 422)
    assert b"Call 911 now" in told.body
    assert b'data-latitude="45.5189"' in told.body
    assert answers[-1].headers["Retry-After"]
    assert b"<h1>" in answers[-1].body
    assert page.status == 200


async def test_an_unknown_asset_is_404(client: aiohttp.ClientSession) -> None:
    assert (await get(client, "/assets/pages.css")).status == 404


async def test_a_city_that_is_not_in_the_catalogue_ends_the_start(running: Running) -> None:
    with pytest.raises(ValueError, match="INTAKE_PAGES_JURISDICTION"):
        async with running(pages_jurisdiction="nowhere.gov"):
            pass


@pytest.mark.parametrize("path", ["/nothing", "/reports/of/mine", "/open-311"])
async def test_a_browser_gets_a_page_for_an_address_without_one_and_programs_get_json(
    client: aiohttp.ClientSession, path: str
) -> None:
    page = await visit(client, f"{path}?lang=es", Accept="text/html,*/*")
    program = await get(client, path)

    assert (page.status, page.language) == (404, "es")
    assert page.tree.xpath("//main//a[@class='button main']/@href") == ["/report"]
    assert (program.status, program.json["title"]) == (404, "Not Found")
