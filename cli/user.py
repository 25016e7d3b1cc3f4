"""``route311 user``: people of the console."""

from functools import partial
from typing import Annotated, Any

import typer

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import query
from cli.terminal import print_found
from console.passwords import one_time_password
from console.store import add_person, is_name
from shared.staff_roles import role_of

user = typer.Typer()


@user.callback()
def people() -> None:
    """Add people of the console."""


@user.command()
def add(
    name: Annotated[str, typer.Argument(help="Name with which the person logs in.")],
    role: Annotated[
        str,
        typer.Option("--role", help="viewer, agent, dispatcher, supervisor or admin."),
    ],
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Add a person; print a first password, which they replace at the log-in, within three days.

    Example: `route311 user add kim --role dispatcher`
    """
    try:
        wanted = role_of(role)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--role") from None
    if not is_name(name):
        raise typer.BadParameter("write 1 to 100 printable characters", param_hint="NAME")
    password = one_time_password()
    if not query(find_admin_dsn(data), None, lambda db: add_person(db, name, wanted, password)):
        raise typer.BadParameter("there is somebody of this name already", param_hint="NAME")
    audit.record("user_added", data, user_name=name, role=role)
    found: dict[str, Any] = {"user": name, "password": password}
    print_found(found, partial(_show, name, password), as_json=json_output)


def _show(name: str, password: str) -> None:
    typer.echo(f"{name} can log in within three days with the password {password}")
