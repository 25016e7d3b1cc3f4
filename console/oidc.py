"""Log-in by OpenID Connect: the authorization code flow with PKCE, and who came back.

It follows OpenID Connect Core 1.0, RFC 7636 (PKCE) and RFC 9207 (``iss``).
"""

import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, NamedTuple
from urllib.parse import urlencode

from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from console.oidc_provider import BadLoginError, OidcProvider
from shared.signed_tokens import TokenSigner
from shared.staff_roles import ROLE_NAMES, Role, role_of

_LASTS_S = 600  # from the first page to the last, with the provider's own steps between them
_FRESH_S = 60  # between a person's proof to the provider and the end of a log-in that asks for one


class Identity(NamedTuple):
    """Who logged in; ``proved_at`` is when they proved it to the provider, None if unknown."""

    subject: str
    name: str
    role: Role
    proved_at: datetime | None


class Started(NamedTuple):
    """A log-in that a browser has begun; ``again`` asks for a fresh proof."""

    state: str
    next: str
    again: bool


@dataclass(frozen=True, slots=True)
class OidcLogin:
    """Sends people to the provider and checks what they bring back.

    What a log-in needs later stands in its signed ``state``, which is good for the browser with
    the same cookie ``form_token`` alone. So it needs no table.

    Attributes:
        secret: Of the console; nonces and PKCE's verifiers are derived from it.
        role_claim: Claim of the ID token with the names of roles, one or a list.
        acr: Values of the claim ``acr`` that are strong enough; empty for any.
    """

    provider: OidcProvider
    secret: bytes
    role_claim: str
    acr: str

    async def start(self, form_token: str, wanted: str, *, again: bool) -> str:
        """Return the provider's address for a log-in that goes on to the page ``wanted``.

        Raises:
            ProviderDownError: Its configuration cannot be read.
        """
        address = await self.provider.authorization_endpoint()
        page = bytes_to_base64url(wanted.encode())
        value = f"{int(time.time())}.{token_hex(8)}.{int(again)}.{page}"
        state = self._signer.sign(form_token, value)
        verifier = self._derived("verifier", state, form_token)
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.provider.redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": self._derived("nonce", state, form_token),
            "code_challenge": bytes_to_base64url(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        if self.acr:
            query["acr_values"] = self.acr
        if again:
            query |= {"prompt": "login", "max_age": "0"}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def started(self, state: str, form_token: str) -> Started:
        """Return the log-in that this browser began; BadLoginError for another's or an old one."""
        value = self._signer.read(form_token, state) if form_token else None
        if value is None:
            raise BadLoginError("stale")
        at, _, again, page = value.split(".")
        if not 0 <= time.time() - int(at) <= _LASTS_S:
            raise BadLoginError("stale")
        return Started(state, base64url_to_bytes(page).decode(), again == "1")

    async def identity(
        self, started: Started, form_token: str, answer: Mapping[str, str]
    ) -> Identity:
        """Return who logged in.

        Args:
            answer: Query with which the provider sent the browser back.

        Raises:
            BadLoginError: ``refused`` by the provider or by our checks; ``no_role`` if its claims
                name none.
            ProviderDownError: It does not answer.
        """
        issuer = self.provider.issuer
        if "code" not in answer or answer.get("iss", issuer) != issuer:
            raise BadLoginError("refused")
        verifier, nonce = (
            self._derived(use, started.state, form_token) for use in ("verifier", "nonce")
        )
        claims = await self.provider.claims(answer["code"], verifier, nonce)
        proved = claims.get("auth_time")
        proved_at = datetime.fromtimestamp(proved, UTC) if isinstance(proved, int) else None
        if started.again and (proved_at is None or time.time() - proved_at.timestamp() > _FRESH_S):
            raise BadLoginError("refused")
        strong = self.acr.split()
        if strong and claims.get("acr") not in strong:
            raise BadLoginError("refused")
        subject = f"{issuer} {claims['sub']}"
        role = _role(claims.get(self.role_claim))
        return Identity(subject, _name(claims), role, proved_at)

    @property
    def _signer(self) -> TokenSigner:
        return TokenSigner.derived(self.secret, "console oidc")

    def _derived(self, use: str, state: str, form_token: str) -> str:
        message = f"oidc {use} {form_token} {state}".encode()
        return bytes_to_base64url(hmac.digest(self.secret, message, "sha256"))


def _name(claims: Mapping[str, Any]) -> str:
    names = (claims.get(claim) for claim in ("preferred_username", "email", "sub"))
    return next((one for one in names if isinstance(one, str) and one), "")


def _role(given: object) -> Role:
    names: Sequence[object] = given if isinstance(given, list) else [given]
    roles = [role_of(name) for name in names if isinstance(name, str) and name in ROLE_NAMES]
    if not roles:
        raise BadLoginError("no_role")
    return max(roles)
