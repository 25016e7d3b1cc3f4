"""``route311 catalogue``: look up, check and build the service catalogue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.connection import JsonOption
from cli.terminal import show_table
from shared.catalogue import (
    PACKAGE_DATA,
    Catalogue,
    CatalogueError,
    Jurisdiction,
    build_catalogue,
    load_catalogue,
)

catalogue = typer.Typer()
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

RootOption = Annotated[
    Path | None, typer.Option(help="Folder of the catalogue; the built-in one by default.")
]
CityOption = Annotated[str | None, typer.Option("--city", "--jurisdiction", help="Only this city.")]
SearchOption = Annotated[
    str | None, typer.Option(help="Only entries with this text in code, name or keywords.")
]


@catalogue.command()
def kinds(
    city: CityOption = None,
    search: SearchOption = None,
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the kinds of report with code, group, priority and leading bureau.

    Example: `route311 catalogue kinds --city portland.gov --search pothole`
    """
    rows = [
        {
            "city": each.id,
            "code": kind.code,
            "name": kind.name.en,
            "group": kind.group.en,
            "priority": kind.priority,
            "lead": kind.lead,
        }
        for each in _cities(city, root)
        for kind in each.services.values()
        if _has(search, kind.code, kind.name.en, kind.name.es, *kind.keywords.all)
    ]
    _list("kinds", rows, as_json=as_json)


@catalogue.command()
def bureaus(
    city: CityOption = None,
    search: SearchOption = None,
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the bureaus with code, name, telephone number and escalation.

    Example: `route311 catalogue bureaus --search water`
    """
    rows = [
        {
            "city": each.id,
            "code": bureau.code,
            "name": bureau.name,
            "phone": bureau.phone,
            "escalates_to": bureau.escalates_to,
        }
        for each in _cities(city, root)
        for bureau in each.bureaus.values()
        if _has(search, bureau.code, bureau.name)
    ]
    _list("bureaus", rows, as_json=as_json)


@catalogue.command()
def check(root: RootOption = None, as_json: JsonOption = False) -> None:
    """Check every file; print its faults, or a summary of the catalogue.

    Every fault is one line: file, line, and how to fix it. Exit code 1 if there is one.

    Example: `route311 catalogue check --root my/catalogue`
    """
    try:
        loaded = load_catalogue(root or PACKAGE_DATA)
    except CatalogueError as error:
        _show_issues(error, root or PACKAGE_DATA, as_json=as_json)
        raise typer.Exit(1) from None
    _show(loaded, as_json=as_json)


@catalogue.command()
def build(root: RootOption = None, as_json: JsonOption = False) -> None:
    """Write the ready file, which services load in place of the YAML files.

    It is next to the folder: `data.ready` for the built-in one. A service without a ready file for
    its files and its version reads the YAML files and writes one. Exit code 1 on any fault.

    Example: `route311 catalogue build`
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


def _cities(city: str | None, root: Path | None) -> Sequence[Jurisdiction]:
    cities = load_catalogue(root or PACKAGE_DATA).jurisdictions
    if city is not None and city not in cities:
        raise typer.BadParameter(f"write one of {', '.join(sorted(cities))}", param_hint="--city")
    return [cities[city]] if city else list(cities.values())


def _has(search: str | None, *texts: str) -> bool:
    return search is None or any(search.casefold() in text.casefold() for text in texts)


def _list(name: str, rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({name: rows}, ensure_ascii=False))
    else:
        headings = [heading.replace("_", " ") for heading in rows[0]] if rows else []
        show_table(_console(), headings, [list(row.values()) for row in rows], f"no {name} found")


def _show_issues(error: CatalogueError, root: Path, *, as_json: bool) -> None:
    if as_json:
        _console().print_json(data={"faults": [asdict(issue) for issue in error.issues]})
        return
    for issue in error.issues:
        _errors.print(f"{root}/{issue.text}", markup=False)


def _show(loaded: Catalogue, *, as_json: bool) -> None:
    counts = {j.id: _counts(j) for j in loaded.jurisdictions.values()}
    if as_json:
        _console().print_json(data={"version": loaded.version, "jurisdictions": counts})
        return
    rows = [
        (name.replace("_", " "), *(holds[name] for holds in counts.values()))
        for name in next(iter(counts.values()))
    ]
    show_table(_console(), ("", *counts), rows)
    _console().print(f"version {loaded.version}, no fault found")


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


def _console() -> Console:
    return Console(highlight=False)
