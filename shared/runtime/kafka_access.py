"""Kafka connection settings: addresses and credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext, create_default_context
from typing import Any, Literal, TypeAlias

from shared.errors import Route311Error

SecurityProtocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism: TypeAlias = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]

# aiokafka's 100 ms, over the dozens of clients of a small machine, keep it too busy with refused
# connections to answer callers while a broker starts.
_RETRY_AFTER_MS = 500


class KafkaAccessError(Route311Error):
    """Settings that contradict each other; no client could connect with them."""

    code = "kafka_access"


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """Address and credentials for every Kafka client.

    Attributes:
        bootstrap: Host and port of one or more brokers, separated by commas.
        username: The principal's name; empty without a password.
        ca_file: PEM file of the authorities that may sign the brokers' certificates; None for
            those that the system trusts.
    """

    bootstrap: str
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if problem := self._contradiction():
            raise KafkaAccessError(problem)

    def _contradiction(self) -> str | None:
        protocol = f"ROUTE311_KAFKA_SECURITY_PROTOCOL is {self.security_protocol}"
        if self.uses_password and not (self.username and self.password):
            return f"{protocol}: set ROUTE311_KAFKA_USERNAME and ROUTE311_KAFKA_PASSWORD as well"
        if not self.uses_password and (self.username or self.password):
            return (
                f"{protocol}, which uses no user name and no password, but one is set: choose "
                "SASL_SSL or SASL_PLAINTEXT, or remove it"
            )
        if not self.uses_tls and (self.ca_file or self.cert_file or self.key_file):
            return (
                f"{protocol}, which uses no certificates, but a file of some is set: choose "
                "SASL_SSL or SSL, or remove it"
            )
        if bool(self.cert_file) != bool(self.key_file):
            return "set ROUTE311_KAFKA_CERT_FILE and ROUTE311_KAFKA_KEY_FILE together, or neither"
        return None

    @property
    def uses_tls(self) -> bool:
        """True where the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def uses_password(self) -> bool:
        """True where the client authenticates by a password."""
        return self.security_protocol.startswith("SASL")

    def ssl_context(self) -> SSLContext | None:
        """Return the TLS context; None without TLS."""
        if not self.uses_tls:
            return None
        context = create_default_context(cafile=self.ca_file)
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def aiokafka_options(self) -> dict[str, Any]:
        """Return the keyword arguments of aiokafka's clients."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security_protocol,
            "ssl_context": self.ssl_context(),
            "retry_backoff_ms": _RETRY_AFTER_MS,
        }
        if self.uses_password:
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    def librdkafka_options(self) -> dict[str, str]:
        """Return the properties of librdkafka, which confluent-kafka wraps."""
        options = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security_protocol,
            "ssl.ca.location": self.uses_tls and self.ca_file,
            "ssl.certificate.location": self.uses_tls and self.cert_file,
            "ssl.key.location": self.uses_tls and self.key_file,
            "sasl.mechanism": self.uses_password and self.sasl_mechanism,
            "sasl.username": self.uses_password and self.username,
            "sasl.password": self.uses_password and self.password,
        }
        return {name: str(value) for name, value in options.items() if value}

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables that describe this access to another process."""
        variables = {
            "BOOTSTRAP": self.bootstrap,
            "SECURITY_PROTOCOL": self.security_protocol,
            "SASL_MECHANISM": self.uses_password and self.sasl_mechanism,
            "USERNAME": self.username,
            "PASSWORD": self.password,
            "CA_FILE": self.ca_file,
            "CERT_FILE": self.cert_file,
            "KEY_FILE": self.key_file,
        }
        return {f"ROUTE311_KAFKA_{name}": str(value) for name, value in variables.items() if value}
