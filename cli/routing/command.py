"""``route311 routing``: explain, check and list the routing of a city's reports."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, get_args
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markdown import Markdown

from cli.connection import JsonOption
from cli.routing.checks import issues_of
from cli.routing.explanation import explain_route, show_explanation, table_lines, table_rows
from services.dispatch.policy import DispatchPolicy
from shared.catalogue import PACKAGE_DATA, Jurisdiction, load_catalogue
from shared.contract.events import Location
from shared.runtime.clock import utc_now
from shared.vocabulary import DangerClass, GeoPoint, PriorityLevel

routing = typer.Typer()
_console = Console(highlight=False, soft_wrap=True)

CityOption = Annotated[str, typer.Option("--jurisdiction", help="The city.")]
RootOption = Annotated[
    Path, typer.Option(help="Folder of the catalogue; the built-in one by default.")
]


@routing.command()
def explain(
    kind: Annotated[str, typer.Option(help="Service code.")],
    at: Annotated[str | None, typer.Option(help="Location: latitude,longitude.")] = None,
    time: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
            help="Local time of the city unless it has an offset; now by default.",
        ),
    ] = None,
    priority: Annotated[
        PriorityLevel | None, typer.Option(help="Level; that of the kind by default.")
    ] = None,
    condition: Annotated[
        list[str] | None, typer.Option(help="Condition that the report meets; repeatable.")
    ] = None,
    danger: Annotated[
        list[str] | None, typer.Option(help="Danger that it names; repeatable.")
    ] = None,
    jurisdiction: CityOption = "portland.gov",
    root: RootOption = PACKAGE_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show the lead and informed bureaus of a report, the rules that match, and why others do not.

    Offline, by the rules and the catalogue of this version.

    Example: `route311 routing explain --kind ROW-POTHOLE --priority P2 --at 45.52,-122.67`
    """
    policy = DispatchPolicy.of(load_catalogue(root))
    city, service = policy.kind(jurisdiction, kind)
    moment = time or utc_now()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(city.timezone))
    unknown = sorted(set(condition or ()) - city.conditions.keys())
    if unknown:
        raise typer.BadParameter(f"there is no condition {unknown[0]}", param_hint="--condition")
    dangers = [one for one in get_args(DangerClass) if one in (danger or ())]
    if len(dangers) < len(set(danger or ())):
        known = ", ".join(get_args(DangerClass))
        raise typer.BadParameter(f"use one of {known}", param_hint="--danger")
    context = policy.routing_context(
        city,
        service,
        priority or service.priority,
        moment,
        conditions=frozenset((*(condition or ()), *service.implies)),
        dangers=dangers,
        location=_location(at, city),
    )
    found = explain_route(context, city, policy, moment)
    if json_output:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        show_explanation(found, Console(highlight=False))


@routing.command()
def check(
    jurisdiction: Annotated[
        str | None, typer.Option(help="The city; every city of the catalogue by default.")
    ] = None,
    root: RootOption = PACKAGE_DATA,
    json_output: JsonOption = False,
) -> None:
    """Find unreachable rules and bureaus, kinds without a lead, and escalation loops.

    Exit code 1 if there is a fault; each is a line with what to fix.

    Example: `route311 routing check --jurisdiction portland.gov`
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
    """Print every kind's route and due times on a Tuesday 10:00, a Sunday 02:00 and a holiday.

    As Markdown, unless it goes to a terminal.

    Example: `route311 routing table > routes.md`
    """
    policy = DispatchPolicy.of(load_catalogue(root))
    [city] = _cities(jurisdiction, policy)
    rows = table_rows(city, policy)
    if json_output:
        typer.echo(json.dumps({"rows": rows}, ensure_ascii=False))
    else:
        text, console = "\n".join(table_lines(rows)), Console()
        console.print(Markdown(text)) if console.is_terminal else typer.echo(text)


def _cities(wanted: str | None, policy: DispatchPolicy) -> Sequence[Jurisdiction]:
    cities = policy.catalogue.jurisdictions
    if wanted is None:
        return list(cities.values())
    if wanted not in cities:
        raise typer.BadParameter(f"{wanted} is not in the catalogue: {', '.join(sorted(cities))}")
    return [cities[wanted]]


def _location(at: str | None, city: Jurisdiction) -> Location | None:
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
            f"this point is outside the city, in {municipality}: such a report is referred there",
            param_hint="--at",
        )
    return Location(
        latitude=latitude,
        longitude=longitude,
        precision="point",
        district=district,
        municipality=municipality,
    )
