"""Settings of notify, read from the environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, FilePath, HttpUrl, StringConstraints, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from services.notify.rules.daily_limit import QuietHours
from shared.runtime.setting_types import (
    CityNumbers,
    EncryptedBase,
    LongSecret,
    OptionalSecret,
    secrets_of,
)
from shared.runtime.settings import EnvironmentSettings, ServiceSettings
from shared.runtime.smtp import SmtpSettings

_BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")]


def _quiet_hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value == "off":
        return None
    try:
        start, end = map(time.fromisoformat, value.split("-"))
    except ValueError:
        raise ValueError("write two times such as 21:00-08:00, or off") from None
    return QuietHours(start, end)


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """The account at the SMS provider; ``numbers`` are ours by jurisdiction, E.164."""

    url: str
    name: str  # the account's id, a part of the path
    token: str = field(repr=False)
    numbers: Mapping[str, str]
    connections: int
    within_s: float
    # Secrets that may sign status callbacks: the present token, then the previous one.
    signers: Sequence[bytes] = field(default=(), repr=False)

    @property
    def messages_url(self) -> str:
        """URL to which messages are posted."""
        return f"{self.url}/2010-04-01/Accounts/{self.name}/Messages.json"


class SmsSettings(EnvironmentSettings):
    """Settings of an SMS provider, with the prefix of its class.

    Attributes:
        sms_url: Base URL of its API, Twilio's or one of the same form.
        sms_token: The account's secret, also of the signature of status callbacks. None turns
            text messages off.
        sms_token_before: The previous secret during rotation: status callbacks may still be signed
            with it.
        sms_numbers: Our numbers and the city of each, such as ``+15035550100=portland.gov``,
            separated by commas; a city without one sends no text messages.
        sms_connections: Messages sent in parallel; 1 to 50.
        sms_within_s: Deadline of one attempt, in seconds. A delivery's lease is twice as long;
            when it expires without a result, the delivery counts as unknown.
    """

    sms_url: EncryptedBase = HttpUrl("https://api.twilio.com")
    sms_account: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$")] = ""
    sms_token: LongSecret | None = None
    sms_token_before: OptionalSecret = None
    sms_numbers: CityNumbers
    sms_connections: Annotated[int, Field(ge=1, le=50)] = 4
    sms_within_s: Annotated[float, Field(gt=0)] = 15.0

    @property
    def sms(self) -> SmsAccount | None:
        """The account; None when text messages are off."""
        if self.sms_token is None:
            return None
        return SmsAccount(
            url=str(self.sms_url).rstrip("/"),
            name=self.sms_account,
            token=self.sms_token.get_secret_value(),
            numbers={city: number for number, city in self.sms_numbers.items()},
            connections=self.sms_connections,
            within_s=self.sms_within_s,
            signers=secrets_of(self.sms_token, self.sms_token_before),
        )

    @model_validator(mode="after")
    def _check_account(self) -> Self:
        if self.sms_token is not None and not (self.sms_account and self.sms_numbers):
            prefix = f"{self.model_config.get('env_prefix', '')}SMS"
            raise ValueError(f"{prefix}_TOKEN needs {prefix}_ACCOUNT and {prefix}_NUMBERS")
        return self


class SecondProviders(SmsSettings, SmtpSettings):
    """Settings of the providers that are used while the first ones fail; ``NOTIFY_SECOND_``."""

    model_config = SettingsConfigDict(env_prefix="NOTIFY_SECOND_", frozen=True)


_Domain = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]


class DkimSettings(EnvironmentSettings):
    """Settings of the signature of e-mails, with the prefix ``NOTIFY_``.

    Attributes:
        dkim_key_file: PEM file of the RSA key that signs e-mails; None for no signature, where the
            mail server signs them.
        dkim_selector: Name of the key in the domain's DNS, ``<selector>._domainkey.<domain>``.
        dkim_domain: The domain that signs; None for that of ``sender``.
    """

    model_config = SettingsConfigDict(env_prefix="NOTIFY_")

    dkim_key_file: FilePath | None = None
    dkim_selector: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]*$")] = ""
    dkim_domain: _Domain | None = None

    @model_validator(mode="after")
    def _require_selector(self) -> Self:
        if (self.dkim_key_file is None) != (not self.dkim_selector):
            raise ValueError("NOTIFY_DKIM_KEY_FILE and NOTIFY_DKIM_SELECTOR need each other")
        return self


class NotifySettings(DkimSettings, SmsSettings, SmtpSettings, ServiceSettings):
    """Settings of notify; each name has the prefix ``NOTIFY_``.

    Attributes:
        contact_key: Secret behind the seals of contacts, the hashes that stand for people and the
            links in messages; 16 characters or more.
        contact_key_before: The previous secret during rotation; its seals and signatures stay
            valid.
        public_url: Base URL of notify's HTTP port, for residents and the SMS provider.
        pages_url: Base URL of the residents' pages, which messages link to; None for
            ``public_url``, where both services share a host.
        intake_url: Base URL of intake, whose list of problems e-mails about new problems are made
            from; None sends none.
        pages_jurisdiction: The city of that list.
        sender: Sender address of all messages.
        smtp_host: Host name of the mail server.
        smtp_port: Port of the mail server.
        smtp_connections: Messages sent in parallel, each over its own connection; 1 to 50.
        smtp_within_s: Deadline of one SMTP attempt, in seconds. A delivery's lease is twice as
            long; when it expires without a result, the delivery counts as unknown.
        key_per_second: Rate limit per key holder and process, in calls per second; excess calls get
            429.
        address_per_second: Rate limit per address without a valid key, with bursts of five times
            as many calls.
        quiet_hours: Hours without text messages, in each city's time, such as ``21:00-08:00``;
            ``off`` for none.
        unreviewed: ``send`` also sends messages in unreviewed languages, for trials; ``hold_back``
            sends English with a line about help in the language instead.
    """

    model_config = SettingsConfigDict(env_prefix="NOTIFY_", frozen=True)

    contact_key: LongSecret
    contact_key_before: OptionalSecret = None
    public_url: _BaseUrl
    pages_url: Annotated[_BaseUrl | None, Field(validation_alias="ROUTE311_PUBLIC_URL")] = None
    intake_url: HttpUrl | None = None
    pages_jurisdiction: str = "portland.gov"
    sender: Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]
    smtp_host: str
    smtp_port: Annotated[int, Field(ge=1, le=65535)]
    smtp_connections: Annotated[int, Field(ge=1, le=50)] = 8
    key_per_second: Annotated[int, Field(ge=1)] = 20
    address_per_second: Annotated[int, Field(ge=1)] = 20
    quiet_hours: Annotated[QuietHours | None, NoDecode, BeforeValidator(_quiet_hours)] = QuietHours(
        time(21), time(8)
    )
    unreviewed: Literal["hold_back", "send"] = "hold_back"

    @property
    def contact_secrets(self) -> tuple[bytes, ...]:
        """``contact_key``, then the one before."""
        return secrets_of(self.contact_key, self.contact_key_before)

    @property
    def residents_url(self) -> str:
        """Base URL of the residents' pages without a slash at its end."""
        return (self.pages_url or self.public_url).rstrip("/")

    @property
    def base_url(self) -> str:
        """``public_url`` without a slash at its end."""
        return self.public_url.rstrip("/")
