"""Where the stores of a router are: the embedded one's, or those that the environment names."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from cli.stack import DEFAULT_DATA, load_stack

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the running router.")]


class Connection(BaseSettings):
    """Set both variables for a router that ``route311 up`` did not start."""

    kafka: Annotated[str, Field(validation_alias="ROUTE311_KAFKA_BOOTSTRAP")] = ""
    admin_dsn: Annotated[SecretStr, Field(validation_alias="ROUTE311_ADMIN_DSN")] = SecretStr("")


def find_kafka(data: Path = DEFAULT_DATA) -> str:
    """Return the broker's address: ``ROUTE311_KAFKA_BOOTSTRAP``, else from ``stack.json``."""
    return Connection().kafka or load_stack(data).kafka


def find_admin_dsn(data: Path = DEFAULT_DATA) -> str:
    """Return the administrator's DSN: ``ROUTE311_ADMIN_DSN``, else from ``stack.json``."""
    return Connection().admin_dsn.get_secret_value() or load_stack(data).postgres
