"""The proxy's example names every route that somebody outside needs, and no other."""

import asyncio
import json
import os
import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.dispatch.app import dispatch
from services.dispatch.settings import DispatchSettings
from services.intake.app import intake
from services.intake.settings import IntakeSettings
from services.notify.app import notify
from services.notify.settings import NotifySettings
from services.triage.app import triage
from services.triage.settings import TriageSettings
from shared.runtime.http.openapi import openapi_document
from shared.runtime.http.problem_details import PROBLEM
from tests.support.caddy import CADDY, LOG, needs_caddy, running_caddy
from tests.support.databases import Database
from tests.support.proxy import FILE, OPERATORS, PUBLIC, read_sites
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

SECRET = "a secret of the tests"  # noqa: S105 - of the tests
CHANNELS = {  # of intake, by the variable that names where each is
    "ROUTE311_INTAKE": "api",
    "ROUTE311_PAGES": "pages",
    "ROUTE311_OPEN311": "open311",
    "ROUTE311_SMS": "sms",
}
UPSTREAMS = (*CHANNELS, "ROUTE311_DISPATCH", "ROUTE311_NOTIFY", "ROUTE311_TRIAGE")
INSIDE = "/v1/keys/"  # for the console alone, which calls the services directly
INTERNAL = ("/metrics", "/live", "/ready", "/serving", "/openapi.json", "/debug", "/v1", "/v1/")
NUMBER = "26-7KQ4-M2"
_EVENTS = "text/event-stream"


class Route(NamedTuple):
    """A route of a service, with a path that it answers."""

    upstream: str
    method: str
    path: str
    is_operators: bool
    is_public: bool


@pytest.fixture
async def routes(database: Database, tmp_path: Path) -> list[Route]:
    """Every route that a document of a service describes."""
    url = {"public_url": "https://311.example.org"}
    texts = {"sms_token": SECRET, "sms_numbers": "+15035550100=portland.gov"}
    mail = {"sender": "311@city.example", "smtp_host": "127.0.0.1", "smtp_port": 9}

    def of(service: str, **own: Any) -> dict[str, Any]:
        access = database.stores.access.environment()
        return {**access, "http_port": 0, "postgres_dsn": database.dsn(service), **own}

    media = {"media_folder": tmp_path / "media"}
    services = {
        **{
            upstream: intake(
                IntakeSettings.model_validate(
                    of("intake", reporter_key=SECRET, **url, **texts, **media)
                    | {"ROUTE311_CHANNELS": channel}
                )
            )
            for upstream, channel in CHANNELS.items()
        },
        "ROUTE311_DISPATCH": dispatch(DispatchSettings.model_validate(of("dispatch"))),
        "ROUTE311_NOTIFY": notify(
            NotifySettings.model_validate(
                of("notify", contact_key=SECRET, sms_account="AC1", **url, **texts, **mail)
            )
        ),
        "ROUTE311_TRIAGE": triage(TriageSettings.model_validate(of("triage"))),
    }
    found = []
    for upstream, service in services.items():
        async with service as parts:
            paths = openapi_document("service", parts.routes)["paths"]
        found += [_route(upstream, method, path, operation) for path, methods in paths.items()
                  for method, operation in methods.items()]  # fmt: skip
    return found


def _route(upstream: str, method: str, path: str, operation: Mapping[str, Any]) -> Route:
    schemes = {scheme for one in operation.get("security", ()) for scheme in one}
    filled = re.sub(r"\{\w+\}", NUMBER, path)
    is_operators = "operator" in schemes and not path.startswith(INSIDE)
    return Route(upstream, method.upper(), filled, is_operators, schemes != {"operator"})


def test_every_route_has_its_way_through_the_proxy_and_operators_have_a_site_of_their_own(
    routes: list[Route],
) -> None:
    sites = read_sites()
    led = {
        site: {route: sites[site].upstream(route.method, route.path) for route in routes}
        for site in (PUBLIC, OPERATORS)
    }

    assert len(routes) > 40
    assert [
        route for route in routes if route.is_public and led[PUBLIC][route] != route.upstream
    ] == []
    assert [route for route in routes if not route.is_public and led[PUBLIC][route]] == []
    assert [r for r in routes if r.is_operators and led[OPERATORS][r] != r.upstream] == []
    assert [r for r in routes if r.path.startswith(INSIDE) and led[OPERATORS][r]] == []
    assert [
        path for path in INTERNAL for site in sites.values() if site.upstream("GET", path)
    ] == []


class Proxy(NamedTuple):
    """A running Caddy.

    Attributes:
        public: Base URL of the site for everybody.
        operators: Base URL of the one for operators.
        log: File of what it writes.
    """

    public: str
    operators: str
    log: Path


def upstream(name: str) -> web.Application:
    """Return a server that tells what arrives."""

    async def tell_for_ever(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": _EVENTS})
        await response.prepare(request)
        await response.write(b"data: one\n\n")
        await asyncio.Event().wait()
        return response

    async def tell(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Accept") == _EVENTS:
            return await tell_for_ever(request)
        told = {
            "upstream": name,
            "forwarded": request.headers.getall("X-Forwarded-For", []),
            "bytes": len(await request.read()),
        }
        headers = {"Referrer-Policy": "same-origin", "Location": f"/track/{NUMBER}"}
        return web.json_response(told, headers=headers)

    app = web.Application(client_max_size=100 * 1024 * 1024)
    app.router.add_route("*", "/{rest:.*}", tell)
    return app


@asynccontextmanager
async def caddy(folder: Path, *, answering: bool = True) -> AsyncGenerator[Proxy]:
    """Run the file as it is, in front of three servers that tell what arrives."""
    assert CADDY
    async with AsyncExitStack() as stack:
        addresses = {}
        for name in UPSTREAMS:
            server = await stack.enter_async_context(TestServer(upstream(name), host="127.0.0.1"))
            addresses[name] = f"127.0.0.1:{server.port if answering else 1}"

        def environment(public: int, operators: int, plain: int) -> Mapping[str, str]:
            return {
                **addresses,
                "ROUTE311_HTTP_PORT": str(plain),
                "ROUTE311_HOST": f"http://127.0.0.1:{public}",
                "ROUTE311_OPERATORS_HOST": f"http://127.0.0.1:{operators}",
                "ROUTE311_OPERATORS_LISTEN": f":{operators}",
            }

        command = (CADDY, "run", "--adapter", "caddyfile", "--config", FILE)
        public, operators, _ = await stack.enter_async_context(
            running_caddy(folder, command, environment, _answers, ports=3)
        )
        yield Proxy(f"http://127.0.0.1:{public}", f"http://127.0.0.1:{operators}", folder / LOG)


async def _answers(public: int, operators: int, _: int) -> bool:
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{operators}") as one,
            session.get(f"http://127.0.0.1:{public}/live") as two,
        ):
            return one.status == two.status == 404
    except aiohttp.ClientError:
        return False


@needs_caddy
async def test_caddy_leads_calls_as_the_text_of_its_file_says(
    routes: list[Route], tmp_path: Path
) -> None:
    sites, wrong = read_sites(), []
    async with caddy(tmp_path) as proxy, aiohttp.ClientSession() as session:
        for base, site in ((proxy.public, sites[PUBLIC]), (proxy.operators, sites[OPERATORS])):
            for method, path in {(r.method, r.path) for r in routes} | {
                ("GET", i) for i in INTERNAL
            }:
                async with session.request(method, base + path) as response:
                    told = await response.json() if response.status == 200 else {}
                if told.get("upstream") != site.upstream(method, path):
                    wrong.append((base, method, path, told))

    assert wrong == []


@needs_caddy
async def test_caddy_tells_the_callers_own_address_and_limits_bodies(tmp_path: Path) -> None:
    invented = {"X-Forwarded-For": "203.0.113.7, 198.51.100.9"}
    async with caddy(tmp_path) as proxy, aiohttp.ClientSession(proxy.public) as session:
        async with session.get("/track", headers=invented) as response:
            told = await response.json()
            policy = response.headers["Referrer-Policy"]
        sizes = {}
        for path, size in (("/v1/submissions", 2), ("/v1/submissions/bulk", 5), ("/v1/media", 12)):
            async with session.post(path, data=BytesIO(b"x" * size * 1024 * 1024)) as response:
                sizes[path] = response.status

    assert (told["forwarded"], policy) == (["127.0.0.1"], "same-origin")
    # Over the limit the body breaks off, which is 413 or, where the service fails first, 502.
    assert sizes["/v1/submissions/bulk"] == 200
    assert {sizes["/v1/submissions"], sizes["/v1/media"]} <= {413, 502}


@needs_caddy
@pytest.mark.parametrize("answering", [True, False])
async def test_the_log_of_caddy_has_no_link_number_or_key(tmp_path: Path, answering: bool) -> None:
    token = f"0197f1a0-3c11-7000-8000-000000000001.{'a' * 32}"
    paths = (
        f"/feedback/{token}", f"/v1/unsubscribe/{token}", f"/preferences/{token}?lang=es",
        f"/alerts/{token}",
        f"/track/{NUMBER}", f"/track?number={NUMBER}", f"/v1/requests/{NUMBER}", f"/{NUMBER}",
        f"/open311/v2/requests/{NUMBER}.json", f"/v1/media/{token}", f"/x/{token}",
        f"/open311/v2/services.json?api_key={token}",
    )  # fmt: skip
    headers = {"Referer": f"https://311.example.org/track/{NUMBER}", "Authorization": token}
    async with caddy(tmp_path, answering=answering) as proxy:
        async with aiohttp.ClientSession(headers=headers) as session:
            for path in paths:
                for base in (proxy.public, proxy.operators):
                    async with session.get(base + path):
                        pass
        lines = await eventually(lambda: _requests_in(proxy.log, 2 * len(paths)))

    logged = await asyncio.to_thread(proxy.log.read_text)
    assert not any(secret in logged for secret in (token, NUMBER, "lang=es"))
    assert {"/feedback", "/v1/requests", "/open311/v2/services", "/"} <= set(lines)


async def _requests_in(log: Path, count: int) -> list[str]:
    written = await asyncio.to_thread(log.read_text)
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    found = [line["request"]["uri"] for line in lines if "request" in line]
    return found if len(found) >= count else []


@needs_caddy
async def test_an_event_reaches_an_operator_while_its_stream_is_open(tmp_path: Path) -> None:
    async with (
        caddy(tmp_path) as proxy,
        aiohttp.ClientSession(proxy.operators) as session,
        session.get("/v1/stream", headers={"Accept": _EVENTS}) as response,
    ):
        line = await asyncio.wait_for(response.content.readline(), 30)

    assert line == b"data: one\n"


@needs_caddy
async def test_a_certificate_of_ones_own_its_renewal_and_ports_that_need_no_root(
    tmp_path: Path,
) -> None:
    authority = trustme.CA()
    authority.configure_trust(trusted := ssl.create_default_context())
    first = _write_certificate(authority, tmp_path)

    def environment(http: int, https: int, operators: int) -> Mapping[str, str]:
        return {
            "ROUTE311_HOST": "311.example.org",
            "ROUTE311_OPERATORS_HOST": f"311.example.org:{operators}",
            "ROUTE311_OPERATORS_LISTEN": f":{operators}",
            "ROUTE311_HTTP_PORT": str(http),
            "ROUTE311_HTTPS_PORT": str(https),
            "ROUTE311_PROTOCOLS": "h1 h2",
            "ROUTE311_TLS": f"tls {tmp_path}/cert.pem {tmp_path}/key.pem",
            "ROUTE311_ADMIN": f"unix/{tmp_path}/admin.sock",
            "PATH": f"{Path(CADDY or '').parent}:{os.environ['PATH']}",
        }

    async def serve(certificate: bytes, _: int, *encrypted: int) -> bool:
        return all([await _serves(port, certificate, trusted) for port in encrypted])

    command = ("sh", FILE.with_name("run"), FILE, tmp_path / "cert.pem")
    async with running_caddy(
        tmp_path, command, environment, partial(serve, first), ports=3
    ) as ports:
        await _people_are_led_to_https_and_programs_are_refused(ports[0])
        renewed = _write_certificate(authority, tmp_path)

        await eventually(partial(serve, renewed, *ports))


async def _people_are_led_to_https_and_programs_are_refused(port: int) -> None:
    site = aiohttp.ClientSession(
        f"http://127.0.0.1:{port}", headers={"Host": "311.example.org", "Authorization": "Bearer x"}
    )
    async with site as session:
        async with session.get("/report?lang=es", allow_redirects=False) as page:
            assert page.headers["Location"] == "https://311.example.org/report?lang=es"
        for path in ("/v1/submissions", "/open311/v2/requests.json"):
            async with session.post(path, json={}, allow_redirects=False) as response:
                told = await response.json()
                assert (response.status, response.content_type) == (403, PROBLEM)
                assert "Location" not in response.headers
            assert (told["status"], told["code"]) == (403, "https_required")


def _write_certificate(authority: trustme.CA, folder: Path) -> bytes:
    """Write a new certificate with its key; return it as it goes over the wire."""
    certificate = authority.issue_cert("311.example.org")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    [chain] = certificate.cert_chain_pems
    chain.write_to_path(folder / "cert.pem")
    return ssl.PEM_cert_to_DER_cert(chain.bytes().decode())


async def _serves(port: int, certificate: bytes, trusted: ssl.SSLContext) -> bool:
    """Return True when the certificate is this one; False while nobody listens."""
    try:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusted, server_hostname="311.example.org"
        )
    except ConnectionError:
        return False
    served = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return bool(served == certificate)
