"""Settings of intake, from the environment."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, SecretStr, StringConstraints, model_validator
from pydantic_settings import SettingsConfigDict

from shared.runtime.setting_types import (
    CityNumbers,
    EncryptedBase,
    HostList,
    LongSecret,
    NetworkList,
    OptionalSecret,
    secrets_of,
)
from shared.runtime.settings import EnvironmentSettings, ServiceSettings
from shared.runtime.smtp import SmtpSettings


class MediaSettings(EnvironmentSettings):
    """Storage of pictures: a folder, or a bucket of S3.

    Attributes:
        media_folder: The folder; every instance needs the same one.
        media_s3_endpoint: Base URL of the bucket's server, ``https`` but on this machine; None for
            AWS.
        media_s3_access_key_id: Name of the access key, which may list, get, put and delete.
    """

    model_config = SettingsConfigDict(env_prefix="INTAKE_")

    media_folder: Path | None = None
    media_bucket: Annotated[str, Field(min_length=1)] | None = None
    media_s3_endpoint: EncryptedBase | None = None
    media_s3_region: str = "us-east-1"
    media_s3_access_key_id: str | None = None
    media_s3_secret_access_key: SecretStr | None = None

    @model_validator(mode="after")
    def _require_one_place(self) -> Self:
        of_bucket = {
            "INTAKE_MEDIA_S3_ACCESS_KEY_ID": self.media_s3_access_key_id,
            "INTAKE_MEDIA_S3_SECRET_ACCESS_KEY": self.media_s3_secret_access_key,
        }
        missing = [name for name, value in of_bucket.items() if not value]
        if (self.media_folder is None) == (self.media_bucket is None):
            raise ValueError("set either INTAKE_MEDIA_FOLDER or INTAKE_MEDIA_BUCKET")
        if self.media_bucket and missing:
            raise ValueError(f"INTAKE_MEDIA_BUCKET needs {' and '.join(missing)}, too")
        if not self.media_bucket and (len(missing) < len(of_bucket) or self.media_s3_endpoint):
            raise ValueError("INTAKE_MEDIA_S3_… is set without INTAKE_MEDIA_BUCKET")
        return self


class IntakeSettings(MediaSettings, SmtpSettings, ServiceSettings):
    """Settings of intake, with the prefix ``INTAKE_``.

    Attributes:
        public_url: Base URL of intake's HTTP port for residents; status pages lie below it.
        reporter_key: Secret that turns reporters into pseudonyms. With another key every reporter
            is a new one, and who texted STOP gets texts again. 16 characters or more.
        contact_key: Secret that seals the contacts of reports that wait; None for
            ``reporter_key``, whose seals are always read.
        contact_key_before: The secret before it, while one replaces the other: what it sealed is
            still read. A report waits 24 hours at most.
        outbox_limit: The most messages that may wait for Kafka before submissions over HTTP get
            503. At 2 kB each the default is about 400 MB.
        accepts_per_second: The most submissions over HTTP that one process accepts per second;
            excess ones get 503. The default is a fifth of what one process could do alone on two
            cores, and sixty times the record hour of New York's 311.
        key_per_second: The most submissions and look-ups that one adapter's keys may make per
            second and process; excess ones get 429. None stands for half of
            ``accepts_per_second``, so that no adapter alone can take all of it. The same share of
            the requests in flight may be an adapter's.
        bureau_per_second: The most pictures that one bureau's keys may upload per second and
            process.
        address_per_second: The same for calls from one address without a valid key: look-ups by
            residents and wrong keys. Five times as many may come at once.
        media_processes: The most pictures that are re-encoded at a time, each in a process that
            takes 1 GiB of memory at most.
        open_data_folder: Folder of the open data that is served and written every night; every
            instance needs the same one. None turns it off.
        pages_jurisdiction: The city that the residents' pages report to.
        unreviewed_languages: ``offer`` shows the residents' pages in languages that no speaker has
            reviewed, too: for trials.
        forms_per_minute: The most forms that one address may send from the residents' pages per
            minute and process; a report takes three. Excess ones get 429.
        notes_per_hour: The most notes that one address may add on the residents' pages per hour and
            process. Excess ones get 429.
        contacts_kept_days: Days that a contact is kept after its case closed; then it is erased.
            The default is as long as case events stay on their topic.
        pelias_url: Base URL of a Pelias geocoder, ``https`` but on this machine, which gets the
            addresses that the gazetteer does not know, without contact data. None turns it off.
        insight_url: Base URL of insight, whose public figures ``/performance`` shows; None shows
            none.
        notify_url: Base URL of notify for residents, where ``/problems`` leads to for e-mails about
            new problems; None offers none.
        sms_token: Secret with which the SMS gateway signs its calls. None turns SMS off.
        sms_token_before: The secret before it, while one replaces the other: calls may still be
            signed with it.
        sms_url: URL that the gateway calls, as it was set up there; None for the one that arrives
            here. Set it behind a proxy that changes scheme, host or path.
        sms_numbers: The numbers that people text to and the city of each, such as
            ``+15035550100=portland.gov``, separated by commas.
        sms_account: Name of the account, which with ``sms_token`` is the login to its pictures.
        sms_media_hosts: Hosts that the pictures of texts are fetched from, and may redirect to,
            separated by commas; empty for none.
        sms_media_allow: Networks that these hosts may be in besides the public ones, also without
            encryption, separated by commas.
        mail_port: Port on which e-mail comes in, on the address of the HTTP port; 0 lets the
            system choose. None turns e-mail off. It needs ``smtp_host``, the mail server that
            takes questions to people.
    """

    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True)

    public_url: str
    reporter_key: LongSecret
    contact_key: OptionalSecret = None
    contact_key_before: OptionalSecret = None
    media_processes: Annotated[int, Field(ge=1, le=64)] = 2
    outbox_limit: Annotated[int, Field(ge=1)] = 200_000
    accepts_per_second: Annotated[int, Field(ge=1)] = 500
    key_per_second: Annotated[int | None, Field(ge=1)] = None
    bureau_per_second: Annotated[int, Field(ge=1)] = 5
    address_per_second: Annotated[int, Field(ge=1)] = 20
    open_data_folder: Path | None = None
    pages_jurisdiction: str = "portland.gov"
    unreviewed_languages: Literal["hide", "offer"] = "hide"
    forms_per_minute: Annotated[int, Field(ge=1)] = 60
    notes_per_hour: Annotated[int, Field(ge=1)] = 30
    contacts_kept_days: Annotated[
        int, Field(ge=1, le=36_500, validation_alias="ROUTE311_CONTACTS_KEPT_DAYS")
    ] = 400
    pelias_url: EncryptedBase | None = None
    insight_url: HttpUrl | None = None
    notify_url: HttpUrl | None = None
    sms_token: LongSecret | None = None
    sms_token_before: OptionalSecret = None
    sms_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s#]+$")] | None = None
    sms_numbers: CityNumbers
    sms_account: Annotated[str, Field(min_length=1)] | None = None
    sms_media_hosts: HostList = ("api.twilio.com",)
    sms_media_allow: NetworkList = ()
    mail_port: Annotated[int | None, Field(ge=0, le=65535)] = None

    @property
    def conversation_secrets(self) -> tuple[bytes, ...]:
        """The secrets of the contacts of reports that wait; the first one seals."""
        present = self.contact_key or self.reporter_key
        return secrets_of(present, self.contact_key_before, self.reporter_key)

    @model_validator(mode="after")
    def _require_server(self) -> Self:
        if self.mail_port is not None and not self.smtp_host:
            raise ValueError("INTAKE_MAIL_PORT needs INTAKE_SMTP_HOST, which takes the questions")
        return self
