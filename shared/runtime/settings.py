"""Settings that every service has, read once from environment variables."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


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

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # inputs are secrets, some of them

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
        postgres_dsn: DSN of the service's own role.
        outbox_kept_hours: Hours that published events stay in the outbox, so that they can be
            published again.
        inbox_kept_days: Days that repeats are recognized; None for as long as the topics that the
            service reads can deliver them again.
        garbage_mib_per_hour: Mebibytes of unreadable records or rejected submissions that are kept
            from each topic in an hour, and four times that in a day; the rest is counted.
    """

    postgres_dsn: SecretStr
    outbox_kept_hours: Annotated[
        int, Field(ge=24, le=24 * 365, validation_alias="ROUTE311_OUTBOX_KEPT_HOURS")
    ] = 24
    inbox_kept_days: Annotated[
        int | None, Field(ge=1, validation_alias="ROUTE311_INBOX_KEPT_DAYS")
    ] = None
    garbage_mib_per_hour: Annotated[
        int, Field(ge=1, le=1024 * 1024, validation_alias="ROUTE311_GARBAGE_MIB_PER_HOUR")
    ] = 256

    @property
    def garbage_bytes_per_hour(self) -> int:
        """``garbage_mib_per_hour`` in bytes."""
        return self.garbage_mib_per_hour * 1024 * 1024
