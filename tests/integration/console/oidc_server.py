"""An OpenID Connect provider at a loopback address, which can be told to lie."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex
from time import time
from typing import Any
from urllib.parse import urlencode

from aiohttp import encode_basic_auth, web
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "console of the city", "a secret: of the client"
_QUOTED = ("console%20of%20the%20city", "a%20secret%3A%20of%20the%20client")


@dataclass
class OidcServer:
    """The provider.

    Attributes:
        claims: What the ID tokens say; they replace the right ones.
        header: What the ID tokens' headers say; likewise.
        signer: Key of the signatures; the published one by default.
        asked: Query with which the last browser came.
        metadata: Replaces what the configuration says.
        is_down: Whether every call gets 503.
        readings: How often the configuration was asked for.
    """

    url: str = ""
    key: RSAKey = field(default_factory=lambda: new_key("first"))
    signer: Any = None
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    is_down: bool = False
    readings: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/.well-known/openid-configuration", self._configuration),
            web.get("/authorize", self._authorize),
            web.post("/token", self._token),
            web.get("/keys", self._keys),
        ]

    async def _configuration(self, _: web.Request) -> web.Response:
        self.readings += 1
        if self.is_down:
            return web.Response(status=503)
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=city",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return web.json_response(found | self.metadata)

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: web.Request) -> web.Response:
        self.asked = dict(request.query)
        assert self.asked["response_type"] == "code"
        assert self.asked["client_id"] == CLIENT
        assert "openid" in self.asked["scope"].split()
        code = token_hex(8)
        self._codes[code] = self.asked
        back = {"code": code, "state": self.asked["state"], "iss": self.url}
        raise web.HTTPFound(f"{self.asked['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: web.Request) -> web.Response:
        if self.is_down:
            return web.Response(status=503)
        form = dict(await request.post())
        begun = self._codes.pop(str(form.get("code")), None)
        challenge = _unpadded(sha256(str(form.get("code_verifier")).encode()).digest())
        known = request.headers.get("Authorization") == encode_basic_auth(*_QUOTED)
        if begun is None or not known or challenge != begun["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        assert form["redirect_uri"] == begun["redirect_uri"]
        now = int(time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "248",
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": begun["nonce"],
            "preferred_username": "kim",
            "roles": ["staff", "agent", "dispatcher"],
        }
        header = {"alg": "RS256", "kid": "first"} | self.header
        given = {name: value for name, value in (claims | self.claims).items() if value is not None}
        if header["alg"] == "none":
            token = f"{_part(header)}.{_part(given)}."
        else:
            token = jwt.encode(header, given, self.signer or self.key, algorithms=[header["alg"]])
        return web.json_response({"token_type": "Bearer", "id_token": token})


def _part(of_token: Mapping[str, Any]) -> str:
    return _unpadded(json.dumps(of_token).encode())


def _unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


@asynccontextmanager
async def open_oidc_server() -> AsyncGenerator[OidcServer]:
    server = OidcServer()
    app = web.Application()
    app.add_routes(server.routes)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
