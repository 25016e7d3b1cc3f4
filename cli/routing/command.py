"""``route311 routing``: how a city's reports find their bureau."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from cli.connection import JsonOption
from cli.routing.checks import issues_of
from cli.routing.explanation import explain_route, explanation_lines
from cli.routing.table import table_lines, table_rows
from services.dispatch.policy import DispatchPolicy
from shared.catalogue import PACKAGE_DATA, Jurisdiction, load_catalogue
from shared.contract.events import Location
from shared.runtime.clock import utc_now
from shared.vocabulary import GeoPoint, PriorityLevel

routing = typer.Typer(help="Explain and check how reports find their bureau.", no_args_is_help=True)
_console = Console(highlight=False, soft_wrap=True)

CityOption = Annotated[str, typer.Option("--jurisdiction", help="The city.")]
RootOption = Annotated[
    Path, typer.Option(help="Folder of the catalogue; without it the one that is built in.")
]


@routing.command()
def explain(
    kind: Annotated[str, typer.Option(help="Service code.")],
    at: Annotated[str | None, typer.Option(help="Place: latitude,longitude.")] = None,
    time: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
            help="Moment, by the city's clock unless it has an offset; without it now.",
        ),
    ] = None,
    priority: Annotated[
        PriorityLevel | None, typer.Option(help="Level; without it the kind's own.")
    ] = None,
    condition: Annotated[
        list[str] | None, typer.Option(help="Condition that the report meets; may be repeated.")
    ] = None,
    jurisdiction: CityOption = "portland.gov",
    root: RootOption = PACKAGE_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show who would lead a report and who is informed, by which rule, and why not by others.

    Nothing is sent. The rules of this code and catalogue decide, as dispatch would now.
    """
    policy = DispatchPolicy.of(load_catalogue(root))
    city, service = policy.kind(jurisdiction, kind)
    moment = _moment(time, city)
    unknown = sorted(set(condition or ()) - city.conditions.keys())
    if unknown:
        raise typer.BadParameter(
            f"no condition has the name {unknown[0]}", param_hint="--condition"
        )
    context = policy.routing_context(
        city,
        service,
        priority or service.priority,
        moment,
        conditions=frozenset((*(condition or ()), *service.implies)),
        location=_location(at, city),
    )
    found = explain_route(context, city, policy, moment)
    if json_output:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _console.print("\n".join(explanation_lines(found)), markup=False)


@routing.command()
def check(
    jurisdiction: Annotated[
        str | None, typer.Option(help="The city; without it every city of the catalogue.")
    ] = None,
    root: RootOption = PACKAGE_DATA,
    json_output: JsonOption = False,
) -> None:
    """Find rules that nothing reaches, kinds and bureaus without each other, loops of escalation.

    Exit code 1 when there is a fault; each is a line that says what to mend.
    """
    policy = DispatchPolicy.of(load_catalogue(root))
    found = [
        (city.id, issue)
        for city in _cities(jurisdiction, policy)
        for issue in issues_of(city, policy)
    ]
    if json_output:
        faults = [{"jurisdiction": city, **asdict(issue)} for city, issue in found]
        typer.echo(json.dumps({"faults": faults}, ensure_ascii=False))
    else:
        for city, issue in found:
            _console.print(f"{city}: {issue.text}", markup=False)
        if not found:
            _console.print("no fault found")
    if found:
        raise typer.Exit(1)


@routing.command()
def table(
    jurisdiction: CityOption = "portland.gov",
    root: RootOption = PACKAGE_DATA,
    json_output: JsonOption = False,
) -> None:
    """Print every kind's route and due times on a Tuesday 10:00, a Sunday 02:00 and a holiday."""
    policy = DispatchPolicy.of(load_catalogue(root))
    [city] = _cities(jurisdiction, policy)
    rows = table_rows(city, policy)
    if json_output:
        typer.echo(json.dumps({"rows": rows}, ensure_ascii=False))
    else:
        typer.echo("\n".join(table_lines(rows)))


def _cities(wanted: str | None, policy: DispatchPolicy) -> Sequence[Jurisdiction]:
    cities = policy.catalogue.jurisdictions
    if wanted is None:
        return list(cities.values())
    if wanted not in cities:
        raise typer.BadParameter(f"{wanted} is not in the catalogue: {', '.join(sorted(cities))}")
    return [cities[wanted]]


def _moment(time: datetime | None, city: Jurisdiction) -> datetime:
    if time is None:
        return utc_now()
    return time if time.tzinfo else time.replace(tzinfo=ZoneInfo(city.timezone))


def _location(at: str | None, city: Jurisdiction) -> Location | None:
    """Return a place with its district."""
    if at is None:
        return None
    from shared.geo import CityBoundaries  # noqa: PLC0415 - shapely takes a while to import

    try:
        latitude, longitude = map(float, at.split(","))
        point = GeoPoint(latitude, longitude)
    except ValueError:
        raise typer.BadParameter("write latitude,longitude", param_hint="--at") from None
    boundaries = CityBoundaries(city.id, city.folder)
    [district], [municipality] = boundaries.district([point]), boundaries.municipality([point])
    if municipality not in (None, city.id):
        raise typer.BadParameter(
            f"this place is outside the city ({municipality}): its report is referred there",
            param_hint="--at",
        )
    return Location(
        latitude=latitude,
        longitude=longitude,
        precision="point",
        district=district,
        municipality=municipality,
    )
