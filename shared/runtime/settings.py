"""Settings that every service has, read once from environment variables."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource
from typing_extensions import override

from shared.runtime.kafka_access import (
    KafkaAccess,
    KafkaAccessError,
    SaslMechanism,
    SecurityProtocol,
)
from shared.runtime.secret_files import SecretFiles

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


_ADAPTER_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = frozenset({"http", "email", "sms", "replay"})


def _split_commas(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _adapter_name(name: str) -> str:
    if not _ADAPTER_NAME.fullmatch(name) or name in _RESERVED or name.endswith("-dlq"):
        raise ValueError(
            f"{name}: a name is lower-case letters, digits and single hyphens, does not end in "
            f"-dlq, and is none of {', '.join(sorted(_RESERVED))}"
        )
    return name


class EnvironmentSettings(BaseSettings):
    """Settings from the environment; each secret ``NAME`` may be in the file ``NAME_FILE``."""

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
        """Return the sources in order: arguments, the environment, files that it names.

        Args:
            settings_cls: The class to fill.
            init_settings: Arguments.
            env_settings: The environment.
            dotenv_settings: Unused.
            file_secret_settings: Unused.
        """
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretFiles(settings_cls)


class AdapterSettings(EnvironmentSettings):
    """The external adapters, which other organizations run.

    Attributes:
        kafka_adapters: Their names, separated by commas: each has the topics
            ``channel-submissions-<name>`` and ``intake-receipts-<name>``.
    """

    kafka_adapters: Annotated[
        tuple[Annotated[str, AfterValidator(_adapter_name)], ...],
        NoDecode,
        BeforeValidator(_split_commas),
        Field(validation_alias="ROUTE311_KAFKA_ADAPTERS"),
    ] = ()


class KafkaSettings(AdapterSettings):
    """Address of Kafka and credentials; see ``KafkaAccess``.

    Attributes:
        kafka_bootstrap: Host and port of one or more brokers, separated by commas.
        kafka_security_protocol: TLS or not, with a password or not.
        kafka_sasl_mechanism: The way in which the password is proved.
        kafka_username: The principal's name; empty without a password.
        kafka_password: Its password.
        kafka_ca_file: PEM file of the authorities that may sign the brokers' certificates; None
            for those that the system trusts.
        kafka_cert_file: PEM file of the client's certificate; None without one.
        kafka_key_file: PEM file of its key.
    """

    kafka_bootstrap: Annotated[str, Field(validation_alias="ROUTE311_KAFKA_BOOTSTRAP")]
    kafka_security_protocol: Annotated[
        SecurityProtocol, Field(validation_alias="ROUTE311_KAFKA_SECURITY_PROTOCOL")
    ] = "PLAINTEXT"
    kafka_sasl_mechanism: Annotated[
        SaslMechanism, Field(validation_alias="ROUTE311_KAFKA_SASL_MECHANISM")
    ] = "SCRAM-SHA-512"
    kafka_username: Annotated[str, Field(validation_alias="ROUTE311_KAFKA_USERNAME")] = ""
    kafka_password: Annotated[SecretStr, Field(validation_alias="ROUTE311_KAFKA_PASSWORD")] = (
        SecretStr("")
    )
    kafka_ca_file: Annotated[Path | None, Field(validation_alias="ROUTE311_KAFKA_CA_FILE")] = None
    kafka_cert_file: Annotated[Path | None, Field(validation_alias="ROUTE311_KAFKA_CERT_FILE")] = (
        None
    )
    kafka_key_file: Annotated[Path | None, Field(validation_alias="ROUTE311_KAFKA_KEY_FILE")] = None

    @property
    def kafka_access(self) -> KafkaAccess:
        """The same in the form that Kafka's clients take."""
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


class ProcessSettings(KafkaSettings):
    """Settings of every process.

    Those that are the same for all services have the prefix ``ROUTE311_``, the others the
    service's own. A setting that depends on the installation has no default: a missing variable
    stops the process at its start.

    Attributes:
        log_level: The lowest level that is logged.
        http_host: Address to listen on.
        http_port: Port to listen on; 0 lets the system choose.
        drain_seconds: Seconds that a stopping service continues to answer after ``/ready`` turned
            to 503; longer than a load balancer needs for two health checks.
    """

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
