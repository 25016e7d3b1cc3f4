"""Settings that every service has, read once from environment variables."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _split_commas(value: object) -> object:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


class HttpSettings(BaseSettings):
    """Limits of the HTTP server of every process.

    Attributes:
        metrics_port: Port of ``/metrics`` alone; None serves it on the service's port.
        head_seconds: Seconds for the head of a request.
        body_seconds: Seconds for the body of a request, and for a caller to read the response.
        idle_seconds: Seconds that a connection stays open without a request; longer than a
            reverse proxy in front keeps it.
        connections: The most open connections; above it those that wait longest close.
        connections_per_address: The same for one address; proxies that are trusted have no limit.
        trusted_proxies: Networks of reverse proxies whose ``X-Forwarded-For`` counts, separated
            by commas, such as ``10.0.0.0/8``.
    """

    metrics_port: Annotated[int | None, Field(ge=1, le=65535)] = None
    head_seconds: Annotated[
        float, Field(gt=0, le=60, validation_alias="ROUTE311_HTTP_HEAD_SECONDS")
    ] = 5.0
    body_seconds: Annotated[
        float, Field(gt=0, le=300, validation_alias="ROUTE311_HTTP_BODY_SECONDS")
    ] = 10.0
    idle_seconds: Annotated[
        float, Field(gt=0, le=3600, validation_alias="ROUTE311_HTTP_IDLE_SECONDS")
    ] = 75.0
    connections: Annotated[
        int, Field(ge=16, le=100_000, validation_alias="ROUTE311_HTTP_CONNECTIONS")
    ] = 4_096
    connections_per_address: Annotated[
        int, Field(ge=16, le=100_000, validation_alias="ROUTE311_HTTP_CONNECTIONS_PER_ADDRESS")
    ] = 1_536
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        NoDecode,
        BeforeValidator(_split_commas),
        Field(validation_alias="ROUTE311_TRUSTED_PROXIES"),
    ] = ()


class ProcessSettings(HttpSettings):
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
    """

    postgres_dsn: SecretStr
    outbox_kept_hours: Annotated[
        int, Field(ge=24, le=24 * 365, validation_alias="ROUTE311_OUTBOX_KEPT_HOURS")
    ] = 24
    inbox_kept_days: Annotated[
        int | None, Field(ge=1, validation_alias="ROUTE311_INBOX_KEPT_DAYS")
    ] = None
