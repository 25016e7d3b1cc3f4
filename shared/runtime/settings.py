"""Settings that every service has, read once from environment variables."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.encryption import is_encrypted

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

MIN_SECRET_CHARACTERS = 16
"""Shortest secret that is accepted; 16 characters of base64 are 96 random bits."""
SECRET_TOO_SHORT = (
    f"needs {MIN_SECRET_CHARACTERS} characters or more; make one with: openssl rand -base64 32"
)
_PLAIN_POSTGRES = (
    "may connect without encryption; add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem, or set "
    "ROUTE311_ALLOW_PLAINTEXT=true if nobody else is on the network to the database"
)


def is_long_enough(secret: str) -> bool:
    """Return True for a secret of ``MIN_SECRET_CHARACTERS`` or more, without white space around."""
    return len(secret.strip()) >= MIN_SECRET_CHARACTERS


def _require_length(secret: SecretStr) -> SecretStr:
    if not is_long_enough(secret.get_secret_value()):
        raise ValueError(SECRET_TOO_SHORT)
    return secret


LongSecret = Annotated[SecretStr, AfterValidator(_require_length)]
"""A secret that is too long to guess."""


class ProcessSettings(BaseSettings):
    """Settings of every process.

    Those that are the same for all services have the prefix ``ROUTE311_``, the others the
    service's own. A setting that depends on the installation has no default: a missing variable
    stops the process at its start.

    Attributes:
        kafka_bootstrap: Host and port of one or more brokers, separated by commas.
        log_level: The lowest level that is logged.
        http_host: Address to listen on.
        http_port: Port to listen on; 0 lets the system choose.
        drain_seconds: Seconds that a stopping service continues to answer after ``/ready`` turned
            to 503; longer than a load balancer needs for two health checks.
    """

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    kafka_bootstrap: Annotated[str, Field(validation_alias="ROUTE311_KAFKA_BOOTSTRAP")]
    log_level: Annotated[LogLevel, Field(validation_alias="ROUTE311_LOG_LEVEL")] = "INFO"
    http_host: Annotated[str, Field(validation_alias="ROUTE311_HTTP_HOST")] = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)]
    drain_seconds: Annotated[
        float, Field(ge=0, le=5, validation_alias="ROUTE311_DRAIN_SECONDS")
    ] = 1.0


class ServiceSettings(ProcessSettings):
    """Settings of a service with tables of its own.

    Attributes:
        allow_plaintext: Connect to a database on another machine without encryption.
        postgres_dsn: DSN of the service's own role. ``sslmode=verify-full`` with ``sslrootcert``
            encrypts the connection and checks the server's certificate and name.
        outbox_kept_hours: Hours that published events stay in the outbox, so that they can be
            published again.
        inbox_kept_days: Days that repeats are recognized; None for as long as the topics that the
            service reads can deliver them again.
    """

    allow_plaintext: Annotated[bool, Field(validation_alias="ROUTE311_ALLOW_PLAINTEXT")] = False
    postgres_dsn: SecretStr
    outbox_kept_hours: Annotated[
        int, Field(ge=24, le=24 * 365, validation_alias="ROUTE311_OUTBOX_KEPT_HOURS")
    ] = 24
    inbox_kept_days: Annotated[
        int | None, Field(ge=1, validation_alias="ROUTE311_INBOX_KEPT_DAYS")
    ] = None

    @field_validator("postgres_dsn")
    @classmethod
    def _require_encryption(cls, dsn: SecretStr, info: ValidationInfo) -> SecretStr:
        try:
            encrypted = is_encrypted(dsn.get_secret_value())
        except ValueError:  # its text would repeat the DSN
            raise ValueError("is no DSN such as postgresql://role:password@host/database") from None
        if not encrypted and not info.data.get("allow_plaintext"):
            raise ValueError(_PLAIN_POSTGRES)
        return dsn
