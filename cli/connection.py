"""Discovery of a router: the one of a data folder, or the one that the environment names."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder, is_in_use
from deploy.local.stack_file import Stack, read_stack

DEFAULT_DATA = Path(".route311")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the running router.")]


class NoRouterError(StackError):
    """No router runs in the data folder."""

    code = "no_router"


class Connection(BaseSettings):
    """Addresses from the environment, for a router that ``route311 up`` did not start.

    Attributes:
        kafka: Host and port of the broker; empty when unset.
        admin_dsn: DSN of the database's administrator; empty when unset.
    """

    kafka: Annotated[str, Field(validation_alias="ROUTE311_KAFKA_BOOTSTRAP")] = ""
    admin_dsn: Annotated[SecretStr, Field(validation_alias="ROUTE311_ADMIN_DSN")] = SecretStr("")


def load_stack(data: Path = DEFAULT_DATA) -> Stack:
    """Return the addresses of the router that runs in a data folder.

    Raises:
        NoRouterError: None runs there.
    """
    stack = read_stack(DataFolder(data).stack_file) if is_in_use(data) else None
    if stack is None:
        raise NoRouterError(f"no running router in {data}; start one with `route311 up`")
    return stack


def find_kafka(data: Path = DEFAULT_DATA) -> str:
    """Return the broker of ``ROUTE311_KAFKA_BOOTSTRAP``, else of ``stack.json``."""
    return Connection().kafka or load_stack(data).kafka


def find_admin_dsn(data: Path = DEFAULT_DATA) -> str:
    """Return the administrator's DSN of ``ROUTE311_ADMIN_DSN``, else of ``stack.json``."""
    return Connection().admin_dsn.get_secret_value() or load_stack(data).postgres
