"""``route311 export``: files for the public."""

import re
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import DEFAULT_DATA, DataOption, find_admin_dsn, find_open_data_folder
from cli.interrupts import query
from shared.catalogue import load_catalogue
from shared.runtime.postgres import Database

export = typer.Typer()

_MONTH = r"\d{4}-(0[1-9]|1[0-2])"


def _month(text: str) -> str:
    if not re.fullmatch(_MONTH, text):
        raise typer.BadParameter("write a month such as 2026-11")
    return text


@export.callback()
def _group() -> None:
    """Write files for the public."""


@export.command("open-data")
def open_data(
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder (default: the served one).")
    ] = None,
    month: Annotated[
        str | None, typer.Option(parser=_month, metavar="YYYY-MM", help="Only this month.")
    ] = None,
    license_name: Annotated[
        str, typer.Option("--license", help="Name of the licence that the city chose.")
    ] = "notspecified",
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Write public requests by month as CSV, GeoJSON and GeoParquet, with datapackage.json.

    A file is written only when its content changes. Private kinds and held texts are absent.

    Example: `route311 export open-data --out open-data --month 2026-11`
    """
    from services.intake.channels.open_data.package import (  # noqa: PLC0415 - slow to load
        OpenDataFolder,
        export_open_data,
    )

    folder = OpenDataFolder(out or find_open_data_folder(data), license_name)
    cities = load_catalogue().jurisdictions.values()

    async def write(db: Database) -> int:
        return await export_open_data(db, cities, folder, month)

    count = query(find_admin_dsn(data), "intake", write)
    typer.echo(f"written: {count} requests in {len(folder.resources)} files of {folder.path}")
