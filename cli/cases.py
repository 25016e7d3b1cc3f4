"""``route311 cases``: the cases of the running router, by dispatch's HTTP port."""

import json
from collections.abc import AsyncGenerator, AsyncIterable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

import aiohttp
import typer
from rich.console import Console
from rich.text import Text

from cli.calls import BrokenCallError, answer_expected, answer_of, call, operator_session
from cli.connection import DEFAULT_DATA, AfterOption, DataOption, JsonOption
from cli.interrupts import run
from cli.operator.id_lookup import IdLookup
from cli.terminal import print_found, printable, show_facts, show_table

cases = typer.Typer()

_STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_read=40)  # a comment comes every 15 s
_LONGEST_EVENT = 2**20

CaseArgument = Annotated[
    str, typer.Argument(help="Id of the case, or tracking number of a request in it.")
]
StatusOption = Annotated[
    str | None, typer.Option(help="Only cases of these statuses, separated by commas.")
]
PriorityOption = Annotated[str | None, typer.Option(help="Only cases of these levels.")]
BureauOption = Annotated[str | None, typer.Option(help="Only cases that these bureaus lead.")]
KindOption = Annotated[str | None, typer.Option(help="Only cases of these service codes.")]
DistrictOption = Annotated[str | None, typer.Option(help="Only cases in these districts.")]
AssigneeOption = Annotated[str | None, typer.Option(help="Only cases of these members of staff.")]
LanguageOption = Annotated[str | None, typer.Option(help="Only requests in these languages.")]
ChannelOption = Annotated[str | None, typer.Option(help="Only requests by these channels.")]
OrderOption = Annotated[
    Literal["urgent", "due", "newest", "oldest"], typer.Option(help="Order of the list.")
]
SinceOption = Annotated[str | None, typer.Option(help="Only first reported then or later.")]
UntilOption = Annotated[str | None, typer.Option(help="Only first reported before then.")]
UnsureOption = Annotated[
    bool | None, typer.Option("--unsure/--sure", help="Only cases whose kind is unsure, or sure.")
]
HeldOption = Annotated[
    bool | None, typer.Option("--held/--not-held", help="Only cases that are held, or are not.")
]
CountsOption = Annotated[bool, typer.Option("--counts", help="Print the counts of all pages, too.")]
SearchOption = Annotated[
    str | None,
    typer.Option(
        "--search",
        "--q",
        help="Only cases with words that begin with these, in text, address or tracking number.",
    ),
]
BoxOption = Annotated[
    str | None, typer.Option("--bbox", help="Only cases inside west,south,east,north, in degrees.")
]
SurgeOption = Annotated[str | None, typer.Option(help="Only cases of this surge, by its id.")]
OverdueOption = Annotated[
    bool | None,
    typer.Option("--overdue/--not-overdue", help="Only cases that are overdue, or are not."),
]
LimitOption = Annotated[int, typer.Option(min=1, max=500, help="Maximum number of cases.")]
EventOption = Annotated[
    str | None, typer.Option("--after", help="Resume after this event; without it begin now.")
]
EventJsonOption = Annotated[
    bool, typer.Option("--json", help="Print each event as JSON on one line.")
]


@cases.command("list")
def list_cases(
    status: StatusOption = None,
    priority: PriorityOption = None,
    bureau: BureauOption = None,
    kind: KindOption = None,
    district: DistrictOption = None,
    search: SearchOption = None,
    bbox: BoxOption = None,
    surge: SurgeOption = None,
    overdue: OverdueOption = None,
    order: OrderOption = "newest",
    assignee: AssigneeOption = None,
    language: LanguageOption = None,
    channel: ChannelOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    unsure: UnsureOption = None,
    held: HeldOption = None,
    counts: CountsOption = False,
    limit: LimitOption = 20,
    after: AfterOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """List cases; several filters must all match.

    Example: `route311 cases list --status open,acknowledged --priority P1 --order urgent`
    """
    given = {
        "status": status,
        "priority": priority,
        "bureau": bureau,
        "kind": kind,
        "district": district,
        "q": search,
        "bbox": bbox,
        "surge": surge,
        "overdue": _flag(overdue),
        "order": order,
        "assignee": assignee,
        "language": language,
        "channel": channel,
        "since": since,
        "until": until,
        "unsure": _flag(unsure),
        "held": _flag(held),
        "counts": _flag(counts or None),
        "limit": str(limit),
        "after": after,
    }
    query = {name: value for name, value in given.items() if value is not None}
    found = call(data, "GET", "/v1/cases", params=query)
    print_found(found, partial(_show_list, found), as_json=json_output)


@cases.command()
def show(
    case: CaseArgument, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Show a case with its requests, work orders and history.

    Example: `route311 cases show 26-7KQ4-M2`
    """
    found = call(data, "GET", f"/v1/cases/{IdLookup(data).case(case)}")
    print_found(found, partial(_show, found), as_json=json_output)


@cases.command()
def watch(
    after: EventOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: EventJsonOption = False,
) -> None:
    """Print the changes of all cases as they happen, until Ctrl-C.

    Example: `route311 cases watch --json`
    """
    with answer_expected("dispatch", "resume it with --after and the id of the last event"):
        run(_watch(data, after, json_output=json_output))


async def _watch(data: Path, after: str | None, *, json_output: bool) -> None:
    console = Console(highlight=False)
    headers = {"Last-Event-ID": after} if after else {}
    async with (
        operator_session(data) as session,
        session.get(
            "/v1/stream", headers=headers, timeout=_STREAM_TIMEOUT, read_bufsize=_LONGEST_EVENT
        ) as response,
    ):
        if response.status != HTTPStatus.OK:
            await answer_of(response)
        async for event in _server_sent(response.content):
            if event.get("event") == "reset":
                typer.echo(f"{after} is unknown or too old: events from now on", err=True)
                continue
            after = event["id"]
            if json_output:
                typer.echo(event["data"])
            else:
                console.print(Text(_change(json.loads(event["data"])), overflow="fold"))
    resume = f" with --after {after}" if after else ""
    raise BrokenCallError(f"dispatch ended the stream; run it again{resume}")


async def _server_sent(lines: AsyncIterable[bytes]) -> AsyncGenerator[dict[str, str]]:
    """Yield the fields of each server-sent event that has data; comments have none."""
    fields: dict[str, str] = {}
    async for line in lines:
        if text := line.decode().rstrip("\r\n"):
            name, _, value = text.partition(": ")
            fields[name] = value
        else:
            if "data" in fields:
                yield fields
            fields = {}


def _change(event: dict[str, Any]) -> str:
    data = event["data"]
    facts = (
        data.get("priority", {}).get("level"),
        event["type"].split(".")[2].replace("_", " "),
        data.get("status"),
        data.get("service_code"),
        data.get("lead_bureau") or data.get("bureau"),
        data["case_id"],
    )
    at = datetime.fromisoformat(event["time"])
    return printable(f"{at:%H:%M:%S}  {'  '.join(filter(None, facts))}")


def _headline(case: dict[str, Any]) -> str:
    count = case["request_count"]
    facts = (
        f"{case['priority']['level']} {case['status']}",
        case["service_code"],
        case["lead_bureau"],
        f"{count:,} request{'' if count == 1 else 's'}",
        f"since {_moment(case['first_reported_at']):%Y-%m-%d %H:%M}",
        "overdue" if case["overdue"] else None,
        f"assigned to {case['assignee']}" if case["assignee"] else None,
        f"held until {_moment(case['held_until']):%Y-%m-%d %H:%M}" if case["held_until"] else None,
    )
    return printable(", ".join(filter(None, facts)))


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _show_list(found: dict[str, Any], console: Console) -> None:
    for case in found["cases"]:
        console.print(Text(_headline(case), style="bold"))
        console.print(Text(f"  {printable(case['summary'])}\n  {case['case_id']}", overflow="fold"))
    if not found["cases"]:
        console.print("no cases")
    if "total" in found:
        levels = ", ".join(f"{level} {n:,}" for level, n in found["by"]["priority"].items())
        console.print(Text(f"total: {found['total']:,} ({levels})"))
    if found["more"]:
        console.print(Text(f"more: --after {found['next']}", overflow="fold"))


def _show(case: dict[str, Any], console: Console) -> None:
    location = case["location"]
    point = (location.get("latitude"), location.get("longitude"))
    facts = {
        "case": case["case_id"],
        "state": _headline(case),
        "problem": case["summary"],
        "kind unsure": _likely(case) if case.get("unsure") else None,
        "address": location.get("address"),
        "point": None if None in point else f"{point[0]}, {point[1]}",
        "district": location.get("district"),
        "closed": _moment(case["closed_at"]),
        "merged into": case["merged_into"],
        "linked case": case["linked_case"],
    }
    show_facts(console, [fact for fact in facts.items() if fact[1] is not None])
    console.print("\n[bold]Requests[/]")
    rows = [
        (
            one["tracking_number"],
            one["priority"]["level"],
            _moment(one["reported_at"]),
            one["summary"],
        )
        for one in case["requests"]
    ]
    show_table(console, ("number", "level", "reported", "problem"), rows, "none")
    console.print("\n[bold]Work orders[/]")
    orders = [
        (
            one["bureau"],
            one["role"],
            one["status"],
            _moment(one["due"]["complete_by"]),
            one["route_rule"],
        )
        for one in case["work_orders"]
    ]
    show_table(console, ("bureau", "role", "status", "complete by", "rule"), orders, "none")
    console.print("\n[bold]History[/]")
    entries = [(_moment(one["at"]), one["by"], one["text"]) for one in case["history"]]
    show_table(console, ("at (UTC)", "by", "what"), entries, "none")


def _likely(case: dict[str, Any]) -> str:
    kinds = [f"{one['service_code']} {one['probability']:.0%}" for one in case["kinds"]]
    return ", ".join(kinds) or "no likely kind"


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
