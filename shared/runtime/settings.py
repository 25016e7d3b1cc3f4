"""The settings that every service has, read once from the environment."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class ProcessSettings(BaseSettings):
    """What does not differ by service has the prefix ``ROUTE311_``, the rest the service's own.

    What differs by place has no default: a missing variable stops the process at its start.

    Attributes:
        drain_seconds: How long a stopping service goes on answering after ``/ready`` has begun to
            say 503; longer than a load balancer takes to look twice.
    """

    kafka_bootstrap: Annotated[str, Field(validation_alias="ROUTE311_KAFKA_BOOTSTRAP")]
    log_level: Annotated[LogLevel, Field(validation_alias="ROUTE311_LOG_LEVEL")] = "INFO"
    http_host: Annotated[str, Field(validation_alias="ROUTE311_HTTP_HOST")] = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)]
    drain_seconds: Annotated[
        float, Field(ge=0, le=5, validation_alias="ROUTE311_DRAIN_SECONDS")
    ] = 1.0


class ServiceSettings(ProcessSettings):
    """What a service with tables of its own needs as well.

    Attributes:
        outbox_kept_hours: How long published events stay, so that they can be published again.
        inbox_kept_days: How long repeats are known; when left out, for as long as the topics that
            the service reads can bring them back.
    """

    postgres_dsn: SecretStr
    outbox_kept_hours: Annotated[
        int, Field(ge=24, le=24 * 365, validation_alias="ROUTE311_OUTBOX_KEPT_HOURS")
    ] = 24
    inbox_kept_days: Annotated[
        int | None, Field(ge=1, validation_alias="ROUTE311_INBOX_KEPT_DAYS")
    ] = None
