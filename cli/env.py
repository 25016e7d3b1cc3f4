"""``route311 env``: what PostgreSQL's programs need for the database of ``route311 up``."""

import shlex

import typer

from cli.connection import DEFAULT_DATA, DataOption, load_stack


def env(data: DataOption = DEFAULT_DATA) -> None:
    """Print shell settings for PostgreSQL's programs; use it as eval "$(route311 env)".

    PATH gets pg_dump, psql and others of the server's version, and ROUTE311_ADMIN_DSN its address
    with the password.
    """
    from deploy.local.postgres_files import postgres_programs  # noqa: PLC0415 - only with `up`

    programs = shlex.quote(str(postgres_programs(None)))
    typer.echo(f'export PATH={programs}:"$PATH"')
    typer.echo(f"export ROUTE311_ADMIN_DSN={shlex.quote(load_stack(data).postgres)}")
