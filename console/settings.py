"""Settings of the console, read from the environment."""

import hmac
from typing import Annotated, Self

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, TypeAdapter, model_validator
from pydantic_settings import SettingsConfigDict

from shared.runtime.setting_types import EncryptedUrl, LongSecret, OptionalSecret
from shared.runtime.settings import DatabaseSettings, ProcessSettings
from shared.staff_roles import Role, RoleName, role_of

_NOBODY = "nobody"


def _encrypted_or_none(issuer: str) -> str:
    """Return an issuer to the letter: a parsed URL would have another end."""
    if issuer:
        TypeAdapter(EncryptedUrl).validate_python(issuer)
    return issuer


def _role_or_nobody(name: RoleName | None) -> RoleName | None:
    if name and name != _NOBODY:
        role_of(name)
    return name or None


class ConsoleSettings(DatabaseSettings, ProcessSettings):
    """Settings of the console; each name has the prefix ``CONSOLE_``.

    Attributes:
        public_url: Base URL in the browsers of the staff, such as ``https://desk.example.org``;
            a request with another origin changes nothing.
        dispatch_url: Base URL of dispatch's HTTP port.
        intake_url: Base URL of intake's HTTP port; without it there are no desk, review and map.
        pages_url: Base URL of the intake with the channel ``pages``, where that runs apart.
        insight_url: Base URL of insight's HTTP port; without it there is no page of its figures.
        notify_url: Base URL of notify's HTTP port; without it there are no messages.
        triage_url: Base URL of triage's HTTP port; without it there are none of its dead letters.
        key: The console's own operator's key for the services.
        secret: Signs challenges of passkeys and log-ins at the provider; by default derived from
            ``key``, which the services know.
        desk_key: Key of the adapter ``desk``, as which the desk submits what callers say.
        jurisdiction: Id of the city whose residents call.
        city: Name in the header.
        timezone: Time zone of all moments, such as ``America/Los_Angeles``.
        idle_minutes: Minutes without a request after which a session ends.
        session_hours: Hours after which a session ends in any case.
        passkey_from: Lowest role that needs a passkey, or ``nobody``; by default ``supervisor``
            where ``public_url`` is https.
        oidc_issuer: URL of the city's own OpenID Connect provider; empty for none.
        oidc_role_claim: Claim of its ID token with the names of roles, one or a list.
        oidc_acr: Values of its claim ``acr`` that are strong enough, separated by spaces; empty
            for any.
    """

    model_config = SettingsConfigDict(env_prefix="CONSOLE_", frozen=True)

    public_url: HttpUrl
    dispatch_url: HttpUrl
    intake_url: HttpUrl | None = None
    pages_url: HttpUrl | None = None
    insight_url: HttpUrl | None = None
    notify_url: HttpUrl | None = None
    triage_url: HttpUrl | None = None
    key: LongSecret
    secret: OptionalSecret = None
    desk_key: LongSecret | None = None
    jurisdiction: str = "portland.gov"
    city: str = "311"
    timezone: str = "America/Los_Angeles"
    idle_minutes: Annotated[int, Field(ge=1, le=12 * 60)] = 30
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    passkey_from: Annotated[RoleName | None, AfterValidator(_role_or_nobody)] = None

    oidc_issuer: Annotated[
        str, AfterValidator(_encrypted_or_none), Field(validation_alias="ROUTE311_OIDC_ISSUER")
    ] = ""
    oidc_client_id: Annotated[str, Field(validation_alias="ROUTE311_OIDC_CLIENT_ID")] = ""
    oidc_client_secret: Annotated[
        SecretStr, Field(validation_alias="ROUTE311_OIDC_CLIENT_SECRET")
    ] = SecretStr("")
    oidc_role_claim: Annotated[str, Field(validation_alias="ROUTE311_OIDC_ROLE_CLAIM")] = "roles"

    oidc_acr: Annotated[str, Field(validation_alias="ROUTE311_OIDC_ACR")] = ""

    @model_validator(mode="after")
    def _whole_client(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError(
                "set ROUTE311_OIDC_CLIENT_ID and ROUTE311_OIDC_CLIENT_SECRET with "
                "ROUTE311_OIDC_ISSUER: the provider tells them"
            )
        return self

    @property
    def challenge_secret(self) -> bytes:
        """Secret of challenges and states; never the key that is sent to services."""
        if self.secret:
            return self.secret.get_secret_value().encode()
        return hmac.digest(self.key.get_secret_value().encode(), b"console challenges", "sha256")

    @property
    def passkey_role(self) -> Role | None:
        """Lowest role that needs a passkey; None for no role."""
        if self.passkey_from is None:
            return Role.SUPERVISOR if self.public_url.scheme == "https" else None
        return None if self.passkey_from == _NOBODY else role_of(self.passkey_from)

    @property
    def origin(self) -> str:
        """Origin of the console's own pages."""
        return str(self.public_url).rstrip("/")
