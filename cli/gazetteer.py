"""``route311 gazetteer``: the addresses, streets and places by which reports are geocoded."""

from pathlib import Path
from typing import Annotated

import typer

from cli import audit
from cli.address_files import AddressBookBuilder, read_former_names
from cli.connection import DEFAULT_DATA, DataOption, find_admin_dsn
from cli.interrupts import query
from services.intake.places.gazetteer import city_name, replace_book
from shared.catalogue import load_catalogue
from shared.runtime.postgres import Database

_FORMER = "former_names.csv"

gazetteer = typer.Typer()


@gazetteer.command()
def load(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES...",
            help="CSV of addresses and places with number, street, lat and lon, also name and "
            "city; GeoJSON of streets with name, compressed by gzip, too; an OpenStreetMap extract "
            "(.osm.pbf).",
        ),
    ],
    jurisdiction: Annotated[
        str, typer.Option("--jurisdiction", help="Id of the city, such as portland.gov.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the address book to this file, not to the database."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Replace the gazetteer of a city by files; running services use it at once.

    Crossings come from the streets, house numbers between two known ones are interpolated. The
    database is that of ROUTE311_ADMIN_DSN, else of the running router. The well-known places of
    the catalogue are added, and the former names of its `former_names.csv`. If a line is invalid,
    nothing changes. With --out the book is for the city's folder of a catalogue, as
    `addresses.npz`.

    Example: `route311 gazetteer load addresses.csv streets.geojson --jurisdiction portland.gov`
    """
    cities = load_catalogue().jurisdictions
    if jurisdiction not in cities:
        raise typer.BadParameter(
            f"write one of {', '.join(sorted(cities))}", param_hint="--jurisdiction"
        )
    former = read_former_names(cities[jurisdiction].folder / _FORMER)
    builder = AddressBookBuilder(city_name(jurisdiction), former)
    for file in files:
        builder.read(file)
    content, sizes = builder.build().encode(), builder.sizes

    async def replace(db: Database) -> None:
        await replace_book(db, jurisdiction, content)

    if out:
        out.write_bytes(content)
    else:
        query(find_admin_dsn(data), "intake", replace)
        audit.record(
            "gazetteer_loaded", data, jurisdiction=jurisdiction, places=sum(sizes.values())
        )
    loaded = ", ".join(f"{count} {name}" for name, count in sizes.items())
    typer.echo(f"{'written' if out else 'loaded'}: {loaded} of {jurisdiction}")
