"""``stack.json``: where to reach a running router, and with which keys."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.errors import StackError
from deploy.local.files import write_json


class Keys(BaseModel):
    """Bearer keys for HTTP, by who holds them."""

    model_config = ConfigDict(frozen=True)

    bureaus: dict[str, str]
    adapters: dict[str, str]
    operator: str


class Stack(BaseModel):
    """The addresses of a running router.

    Attributes:
        kafka: Host and port of the broker.
        postgres: DSN of the database's administrator, password included.
        mail: Where the services hand in mail.
        mail_folder: Where every mail is kept, as an .eml file each.
    """

    model_config = ConfigDict(frozen=True)

    kafka: str
    postgres: str
    intake: str
    triage: str
    dispatch: str
    notify: str
    mail: str
    mail_folder: Path
    keys: Keys


def write_stack(file: Path, stack: Stack) -> None:
    """Write the file for its owner alone, since it holds passwords."""
    write_json(file, stack.model_dump(mode="json"), mode=0o600)


def read_stack(file: Path) -> Stack | None:
    """Read the file, or return None where there is none.

    Raises:
        StackError: The file is no stack's.
    """
    try:
        return Stack.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise StackError(f"{file} does not describe a router") from None
