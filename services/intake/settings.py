"""Settings of intake, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from shared.runtime.encryption import is_loopback
from shared.runtime.settings import LongSecret, ServiceSettings


def _encrypted_base(url: HttpUrl) -> HttpUrl:
    """Return the URL if addresses reach it encrypted, or stay on this machine.

    Raises:
        ValueError: They do not, or the URL is more than a base.
    """
    if url.scheme != "https" and not is_loopback(url.host or ""):
        raise ValueError("write an https URL, or one of this machine")
    if url.query or url.fragment or url.username or url.password:
        raise ValueError("write a base URL, without user, query or fragment")
    return url


class IntakeSettings(ServiceSettings):
    """Settings of intake, with the prefix ``INTAKE_``.

    Attributes:
        public_url: Base URL of intake's HTTP port for residents; status pages lie below it.
        reporter_key: Secret that turns reporters into pseudonyms. With another key every reporter
            is a new one. 16 characters or more.
        outbox_limit: The most messages that may wait for Kafka before submissions over HTTP get
            503. At 2 kB each the default is about 400 MB.
        accepts_per_second: The most submissions over HTTP that one process accepts per second;
            excess ones get 503. The default is a fifth of what one process could do alone on two
            cores, and sixty times the record hour of New York's 311.
        key_per_second: The most submissions and look-ups that one adapter's keys may make per
            second and process; excess ones get 429. None stands for half of
            ``accepts_per_second``, so that no adapter alone can take all of it. The same share of
            the requests in flight may be an adapter's.
        address_per_second: The same for calls from one address without a valid key: look-ups by
            residents and wrong keys. Five times as many may come at once.
        media_folder: Where pictures are kept; every instance needs the same folder.
        media_processes: The most pictures that are re-encoded at a time, each in a process that
            takes 1 GiB of memory at most.
        contacts_kept_days: Days that a contact is kept after its case closed; then it is erased.
            The default is as long as case events stay on their topic.
        pelias_url: Base URL of a Pelias geocoder, ``https`` but on this machine, which gets the
            addresses that the gazetteer does not know, without contact data. None turns it off.
    """

    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True)

    public_url: str
    reporter_key: LongSecret
    media_folder: Path
    media_processes: Annotated[int, Field(ge=1, le=64)] = 2
    outbox_limit: Annotated[int, Field(ge=1)] = 200_000
    accepts_per_second: Annotated[int, Field(ge=1)] = 500
    key_per_second: Annotated[int | None, Field(ge=1)] = None
    address_per_second: Annotated[int, Field(ge=1)] = 20
    contacts_kept_days: Annotated[
        int, Field(ge=1, le=36_500, validation_alias="ROUTE311_CONTACTS_KEPT_DAYS")
    ] = 400
    pelias_url: Annotated[HttpUrl, AfterValidator(_encrypted_base)] | None = None
