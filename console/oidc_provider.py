"""The provider of OpenID Connect: its configuration, codes for claims, and the checks of these."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pydantic_core
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict

from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.client import OutgoingCalls
from shared.runtime.http.server import SharedCall
from shared.runtime.setting_types import EncryptedUrl

_KNOWN_S, _KNOWN_KEYS_S = 3600.0, 60.0
_MAX_ANSWER_BYTES = 1 << 20
_LEEWAY_S = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519"]
_OK, _SERVER_ERROR = 200, 500
_PLAIN: Mapping[str, str] = MappingProxyType(
    {"Accept": "application/json", "Accept-Encoding": "identity"}
)


class ProviderDownError(Exception):
    """The provider does not answer, or not as OpenID Connect says."""


class BadLoginError(Exception):
    """What the browser or the provider brought is no log-in; the text is a name for the page."""


class _Metadata(BaseModel):
    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: EncryptedUrl
    token_endpoint: EncryptedUrl
    jwks_uri: EncryptedUrl
    token_endpoint_auth_methods_supported: Sequence[str] = ("client_secret_basic",)


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: _Metadata
    keys: KeySet
    at: float


@dataclass(slots=True)
class OidcProvider:
    """Calls the provider; its configuration is read again each hour, and for an unknown key.

    Attributes:
        issuer: The provider's URL, to the letter.
        redirect_uri: Page of the console to which the provider sends people back.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    calls: OutgoingCalls
    clock: Callable[[], float] = time.monotonic
    _known: _Known | None = field(default=None, init=False)
    _look_up: SharedCall[_Known] = field(init=False)

    def __post_init__(self) -> None:
        self._look_up = SharedCall(self._read)  # strangers' calls cause it

    async def authorization_endpoint(self) -> str:
        """Return the address to which browsers are sent; ProviderDownError if it is not told."""
        return str((await self._configuration(_KNOWN_S)).metadata.authorization_endpoint)

    async def claims(self, code: str, verifier: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of the ID token for a code, with their ``sub``.

        Raises:
            BadLoginError: The provider takes no such code, or its token is not for this client,
                is over, or has another nonce.
            ProviderDownError: It does not answer.
        """
        known = await self._configuration(_KNOWN_S)
        token = await self._id_token(known.metadata, code, verifier)
        try:
            return self._checked(known.keys, token, nonce)
        except BadLoginError:  # the provider may have new keys
            return self._checked((await self._configuration(_KNOWN_KEYS_S)).keys, token, nonce)

    def _checked(self, keys: KeySet, token: str, nonce: str) -> Mapping[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise BadLoginError("refused") from error
        audience = claims["aud"]
        is_alone = isinstance(audience, str) or len(audience) == 1
        if not is_alone and claims.get("azp") != self.client_id:
            raise BadLoginError("refused")
        return claims

    async def _id_token(self, metadata: _Metadata, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {**_PLAIN, "Content-Type": URLENCODED}
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            name, secret = quote(self.client_id, ""), quote(self.client_secret, "")
            headers["Authorization"] = aiohttp.encode_basic_auth(name, secret)
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        answer = await self._call("POST", str(metadata.token_endpoint), headers, form)
        token = answer.get("id_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise BadLoginError("refused")
        return token

    async def _configuration(self, younger_than_s: float) -> _Known:
        """Return what is known, read anew where it is older; the old one while it cannot be."""
        known = self._known
        if known is None or self.clock() - known.at > younger_than_s:
            try:
                self._known = known = await self._look_up()
            except ProviderDownError:
                if known is None:
                    raise
        return known

    async def _read(self) -> _Known:
        base = self.issuer.rstrip("/")
        try:
            found = await self._call("GET", f"{base}/.well-known/openid-configuration")
            metadata = _Metadata.model_validate(found)
            keys = KeySet.import_key_set(await self._call("GET", str(metadata.jwks_uri)))
        except (BadLoginError, JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderDownError from error
        if metadata.issuer != self.issuer:
            raise ProviderDownError
        return _Known(metadata, keys, self.clock())

    async def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = _PLAIN,
        form: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON
        body = urlencode(form).encode() if form else None
        outcome, content = await self.calls.send(
            method, url, headers, body, max_answer=_MAX_ANSWER_BYTES
        )
        if outcome.status is None or outcome.status >= _SERVER_ERROR or content is None:
            raise ProviderDownError
        if outcome.status != _OK:
            raise BadLoginError("refused")
        try:
            return pydantic_core.from_json(content)
        except ValueError as error:
            raise ProviderDownError from error
