"""``route311 catalogue``: checks the service catalogue, and builds its ready file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import JsonOption
from shared.catalogue import (
    PACKAGE_DATA,
    Catalogue,
    CatalogueError,
    Jurisdiction,
    build_catalogue,
    load_catalogue,
)

app = typer.Typer(help="Check and build the service catalogue.", no_args_is_help=True)
_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

RootOption = Annotated[
    Path | None, typer.Option(help="Folder of the catalogue; without it the one that is built in.")
]


@app.command()
def check(root: RootOption = None, as_json: JsonOption = False) -> None:
    """Check every file; print what to mend where, or what the catalogue holds.

    Every fault is one line: file, line, and what to do about it. Exit code 1 when there is one.
    """
    try:
        loaded = load_catalogue(root or PACKAGE_DATA)
    except CatalogueError as error:
        _show_issues(error, root or PACKAGE_DATA, as_json=as_json)
        raise typer.Exit(1) from None
    _show(loaded, as_json=as_json)


@app.command()
def build(root: RootOption = None, as_json: JsonOption = False) -> None:
    """Write the ready file, which services load in place of the YAML files.

    It lies beside the folder: `data.ready` for the one that is built in. A service that finds none
    for its files and its code reads the YAML files, and writes it. Exit code 1 on any fault.
    """
    folder = root or PACKAGE_DATA
    try:
        built = build_catalogue(folder)
    except CatalogueError as error:
        _show_issues(error, folder, as_json=as_json)
        raise typer.Exit(1) from None
    except OSError as error:
        _errors.print(f"the ready file of {folder} cannot be written: {error.strerror}")
        raise typer.Exit(1) from None
    _show(built, as_json=as_json)


def _show_issues(error: CatalogueError, root: Path, *, as_json: bool) -> None:
    if as_json:
        _console.print_json(data={"faults": [asdict(issue) for issue in error.issues]})
        return
    for issue in error.issues:
        _errors.print(f"{root}/{issue.text}", markup=False)


def _show(loaded: Catalogue, *, as_json: bool) -> None:
    counts = {j.id: _counts(j) for j in loaded.jurisdictions.values()}
    if as_json:
        _console.print_json(data={"version": loaded.version, "jurisdictions": counts})
        return
    table = Table("", *counts)
    for name in next(iter(counts.values())):
        table.add_row(name.replace("_", " "), *(str(holds[name]) for holds in counts.values()))
    _console.print(table)
    _console.print(f"version {loaded.version}, no fault found")


def _counts(jurisdiction: Jurisdiction) -> dict[str, int]:
    conditions = jurisdiction.conditions.values()
    return {
        "kinds": len(jurisdiction.services),
        "dedup_groups": len(jurisdiction.dedup_groups),
        "bureaus": len(jurisdiction.bureaus),
        "agencies": len(jurisdiction.agencies),
        "conditions": len(conditions),
        "wordings": sum(len(c.phrases.en) + len(c.phrases.es) for c in conditions),
        "emergencies": len(jurisdiction.emergencies),
        "polygon_files": len(list(jurisdiction.folder.glob("*.geojson"))),
    }
