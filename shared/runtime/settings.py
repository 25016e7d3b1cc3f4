"""Settings that every service has, read once from environment variables."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from shared.runtime.kafka_access import (
    KafkaAccess,
    KafkaAccessError,
    SaslMechanism,
    SecurityProtocol,
)
from shared.runtime.secret_files import SecretFiles
from shared.runtime.setting_types import NetworkList, split_commas
from shared.runtime.transport_encryption import is_encrypted

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_PLAIN_POSTGRES = (
    "may connect without encryption; add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem, or set "
    "ROUTE311_ALLOW_PLAINTEXT=true if the network to the database is private"
)


_ADAPTER_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# Names of the router's own channels, which no adapter may have.
RESERVED_ADAPTER_NAMES = frozenset({"http", "web", "pages", "email", "sms", "replay"})


def _adapter_name(name: str) -> str:
    if not _ADAPTER_NAME.fullmatch(name) or name in RESERVED_ADAPTER_NAMES or name.endswith("-dlq"):
        raise ValueError(
            f"{name}: a name is lower-case letters, digits and single hyphens, does not end in "
            f"-dlq, and is none of {', '.join(sorted(RESERVED_ADAPTER_NAMES))}"
        )
    return name


class EnvironmentSettings(BaseSettings):
    """Settings from the environment; each secret ``NAME`` may be in the file ``NAME_FILE``."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # inputs are secrets, some of them

    @override
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in order: arguments, the environment, files that it names."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretFiles(settings_cls)


class TopicSettings(EnvironmentSettings):
    """Partitions of the main topics, and external adapters of other organizations.

    Attributes:
        partitions: The least number of partitions of the main topics; None for 4 in a new
            installation, and for those that there are in others.
        kafka_adapters: Their names, separated by commas: each has the topics
            ``channel-submissions-<name>`` and ``intake-receipts-<name>``.
    """

    partitions: Annotated[
        int | None, Field(ge=1, le=1000, validation_alias="ROUTE311_PARTITIONS")
    ] = None
    kafka_adapters: Annotated[
        tuple[Annotated[str, AfterValidator(_adapter_name)], ...],
        NoDecode,
        BeforeValidator(split_commas),
        Field(validation_alias="ROUTE311_KAFKA_ADAPTERS"),
    ] = ()


class KafkaSettings(TopicSettings):
    """Fields of ``KafkaAccess``, from the environment."""

    kafka_bootstrap: Annotated[str, Field(validation_alias="ROUTE311_KAFKA_BOOTSTRAP")]
    kafka_security_protocol: SecurityProtocol = Field(
        "PLAINTEXT", validation_alias="ROUTE311_KAFKA_SECURITY_PROTOCOL"
    )
    kafka_sasl_mechanism: SaslMechanism = Field(
        "SCRAM-SHA-512", validation_alias="ROUTE311_KAFKA_SASL_MECHANISM"
    )
    kafka_username: str = Field("", validation_alias="ROUTE311_KAFKA_USERNAME")
    kafka_password: SecretStr = Field(SecretStr(""), validation_alias="ROUTE311_KAFKA_PASSWORD")
    kafka_ca_file: Path | None = Field(None, validation_alias="ROUTE311_KAFKA_CA_FILE")
    kafka_cert_file: Path | None = Field(None, validation_alias="ROUTE311_KAFKA_CERT_FILE")
    kafka_key_file: Path | None = Field(None, validation_alias="ROUTE311_KAFKA_KEY_FILE")

    @property
    def kafka_access(self) -> KafkaAccess:
        """The settings for Kafka's clients."""
        return KafkaAccess(
            bootstrap=self.kafka_bootstrap,
            security_protocol=self.kafka_security_protocol,
            sasl_mechanism=self.kafka_sasl_mechanism,
            username=self.kafka_username,
            password=self.kafka_password.get_secret_value(),
            ca_file=self.kafka_ca_file,
            cert_file=self.kafka_cert_file,
            key_file=self.kafka_key_file,
        )

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        try:
            _ = self.kafka_access
        except KafkaAccessError as error:
            raise ValueError(str(error)) from error
        return self


class HttpSettings(EnvironmentSettings):
    """Limits of the HTTP server of every process.

    Attributes:
        metrics_port: Port of ``/metrics`` alone; None serves it on the service's port.
        head_seconds: Seconds for the head of a request.
        body_seconds: Seconds for the body of a request, and for a caller to read the response.
        idle_seconds: Seconds that a connection stays open without a request; longer than the
            keep-alive of a reverse proxy in front.
        connections: Maximum open connections; above it those that were idle longest close.
        connections_per_address: The same for one address; trusted proxies have no limit.
        trusted_proxies: Networks of reverse proxies whose ``X-Forwarded-For`` is trusted,
            separated by commas, such as ``10.0.0.0/8``.
    """

    metrics_port: int | None = Field(None, ge=1, le=65535)
    head_seconds: float = Field(5.0, gt=0, le=60, validation_alias="ROUTE311_HTTP_HEAD_SECONDS")
    body_seconds: float = Field(10.0, gt=0, le=300, validation_alias="ROUTE311_HTTP_BODY_SECONDS")
    idle_seconds: float = Field(75.0, gt=0, le=3600, validation_alias="ROUTE311_HTTP_IDLE_SECONDS")
    connections: int = Field(4_096, ge=16, le=100_000, validation_alias="ROUTE311_HTTP_CONNECTIONS")
    connections_per_address: int = Field(
        1_536, ge=16, le=100_000, validation_alias="ROUTE311_HTTP_CONNECTIONS_PER_ADDRESS"
    )
    trusted_proxies: NetworkList = Field((), validation_alias="ROUTE311_TRUSTED_PROXIES")


class ProcessSettings(HttpSettings):
    """Settings of every process.

    Those that are the same for all services have the prefix ``ROUTE311_``, the others the
    service's own. A setting that depends on the installation has no default: a missing variable
    stops the process at its start.

    Attributes:
        http_port: Port to listen on; 0 lets the system choose.
        drain_seconds: Seconds that a stopping service continues to answer after ``/ready`` turned
            to 503; longer than a load balancer needs for two health checks.
    """

    log_level: LogLevel = Field("INFO", validation_alias="ROUTE311_LOG_LEVEL")
    http_host: str = Field("127.0.0.1", validation_alias="ROUTE311_HTTP_HOST")
    http_port: Annotated[int, Field(ge=0, le=65535)]
    drain_seconds: float = Field(1.0, ge=0, le=5, validation_alias="ROUTE311_DRAIN_SECONDS")


class DatabaseSettings(EnvironmentSettings):
    """Settings of a process with tables of its own.

    Attributes:
        allow_plaintext: Connect to a database on another machine without encryption.
        postgres_dsn: DSN of the process's own role. ``sslmode=verify-full`` with ``sslrootcert``
            encrypts the connection and checks the server's certificate and name.
    """

    allow_plaintext: bool = Field(default=False, validation_alias="ROUTE311_ALLOW_PLAINTEXT")
    postgres_dsn: SecretStr

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


def _channel_names(names: object) -> object:
    """Return the names; None for an empty variable, which counts as unset."""
    return split_commas(names) or None


class ServiceSettings(KafkaSettings, DatabaseSettings, ProcessSettings):
    """Settings of a service.

    Attributes:
        outbox_kept_hours: Hours that published events stay in the outbox, so that they can be
            published again.
        inbox_kept_days: Days that repeats are recognized; None for as long as the topics that the
            service reads can deliver them again.
        garbage_mib_per_hour: Mebibytes of unreadable records or rejected submissions that are kept
            from each topic in an hour, and four times that in a day; the rest is counted.
        channels: Names of the channels that this process opens, separated by commas; None for
            all of the service. Each process runs the core as well.
    """

    outbox_kept_hours: int = Field(
        24, ge=24, le=24 * 365, validation_alias="ROUTE311_OUTBOX_KEPT_HOURS"
    )
    inbox_kept_days: int | None = Field(None, ge=1, validation_alias="ROUTE311_INBOX_KEPT_DAYS")
    garbage_mib_per_hour: int = Field(
        256, ge=1, le=1024 * 1024, validation_alias="ROUTE311_GARBAGE_MIB_PER_HOUR"
    )
    channels: Annotated[
        tuple[str, ...] | None,
        NoDecode,
        BeforeValidator(_channel_names),
        Field(validation_alias="ROUTE311_CHANNELS"),
    ] = None

    @property
    def garbage_bytes_per_hour(self) -> int:
        """``garbage_mib_per_hour`` in bytes."""
        return self.garbage_mib_per_hour * 1024 * 1024
