"""``route311 gazetteer``: the addresses and places by which reports are geocoded."""

from pathlib import Path
from typing import Annotated

import typer

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, find_admin_dsn
from cli.interrupts import query
from services.intake.places.gazetteer import (
    add_places,
    city_name,
    read_city_file,
    replace_places,
    well_known_places,
)
from shared.catalogue import load_catalogue
from shared.runtime.postgres import Database

gazetteer = typer.Typer()


@gazetteer.command()
def load(
    file: Annotated[Path, typer.Argument(help="CSV with name, street, number, lat and lon.")],
    jurisdiction: Annotated[
        str, typer.Option("--jurisdiction", help="Id of the city, such as portland.gov.")
    ],
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Replace the gazetteer of a city by a file; running services use it at once.

    The database is that of ROUTE311_ADMIN_DSN, else of the running router. The well-known places
    of the catalogue are added. If a line is invalid, nothing changes.

    Example: `route311 gazetteer load places.csv --jurisdiction portland.gov`
    """
    cities = load_catalogue().jurisdictions
    if jurisdiction not in cities:
        raise typer.BadParameter(
            f"write one of {', '.join(sorted(cities))}", param_hint="--jurisdiction"
        )
    places = read_city_file(file, city_name(jurisdiction))
    well_known = well_known_places(cities[jurisdiction])

    async def replace(db: Database) -> int:
        loaded = await replace_places(db, jurisdiction, places)
        await add_places(db, jurisdiction, well_known)
        return loaded

    loaded = query(find_admin_dsn(data), "intake", replace)
    audit.record("gazetteer_loaded", data, jurisdiction=jurisdiction, places=loaded)
    repeated = len(places) - loaded
    typer.echo(
        f"loaded: {loaded} places of {jurisdiction}"
        + (f"; {repeated} duplicates were left out" if repeated else "")
    )
