"""``stack.json``: the addresses and keys of a running router."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.errors import StackError
from deploy.local.folder import write_json
from shared.runtime.kafka_access import KafkaAccess, SaslMechanism, SecurityProtocol


class ConsoleKeys(BaseModel):
    """The first admin of the console, whose password is for the first log-in, and its key."""

    model_config = ConfigDict(frozen=True)

    user: str = ""
    password: str = ""
    key: str = ""


class Keys(BaseModel):
    """Keys for HTTP, and the secret with which the SMS gateway signs its calls."""

    model_config = ConfigDict(frozen=True)

    bureaus: dict[str, str]
    adapters: dict[str, str]
    operator: str
    sms_token: str = ""
    console: ConsoleKeys = ConsoleKeys()


class KafkaAuth(BaseModel):
    """Credentials of a Kafka user with access to every topic; see ``KafkaAccess``."""

    model_config = ConfigDict(frozen=True)

    security_protocol: SecurityProtocol
    sasl_mechanism: SaslMechanism
    username: str
    password: str
    ca_file: Path | None = None


class Stack(BaseModel):
    """The addresses of a running router.

    Attributes:
        kafka: Host and port of the broker.
        postgres: DSN of the database's administrator, password included.
        postgres_operations: DSN of the role for commands that only read, password included.
        intake: Base URL of the service; so are triage, dispatch, notify, insight and console.
        mail: URL of the mail server that the services use.
        mail_folder: Folder of the accepted messages, an .eml file each.
        sms: URL of the SMS provider that the services use.
        sms_folder: Folder of the accepted text messages, a JSON file each.
        inbound_mail: Host and port of incoming e-mail.
        open_data: Base URL of the files for the public.
        sms_number: Number for incoming text messages, E.164.
        contact_key: Secret of the contacts in notify.
        reporter_key: Secret of the contacts in intake.
    """

    model_config = ConfigDict(frozen=True)

    kafka: str
    kafka_auth: KafkaAuth
    postgres: str
    postgres_operations: str
    intake: str
    triage: str
    dispatch: str
    notify: str
    insight: str = ""
    console: str = ""
    mail: str
    mail_folder: Path
    sms: str = ""
    sms_folder: Path = Path()
    inbound_mail: str = ""
    open_data: str = ""
    sms_number: str = ""
    keys: Keys
    contact_key: str = ""
    reporter_key: str = ""

    @property
    def access(self) -> KafkaAccess:
        """Address of Kafka and credentials."""
        return KafkaAccess(self.kafka, **self.kafka_auth.model_dump())


def kafka_auth(access: KafkaAccess) -> KafkaAuth:
    """Return the credentials of an access, for ``stack.json``."""
    return KafkaAuth.model_validate(access, from_attributes=True)


def write_stack(file: Path, stack: Stack) -> None:
    """Write the file, readable by its owner only, since it contains passwords."""
    write_json(file, stack.model_dump(mode="json"))


def read_stack(file: Path) -> Stack | None:
    """Read the file; None if it does not exist, StackError if it is invalid."""
    try:
        return Stack.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise StackError(f"{file} does not describe a router") from None
