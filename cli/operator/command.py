"""``route311 operator``: send a command about a case to dispatch and show its effect."""

import asyncio
import json
from typing import Annotated, Literal

import typer
from rich.console import Console

from cli.connection import DEFAULT_DATA, ActorOption, DataOption, JsonOption, find_kafka

ActionArgument = Annotated[
    Literal["lower", "raise", "split", "merge", "transfer", "close", "reopen"],
    typer.Argument(help="Action on the case."),
]
CaseOption = Annotated[
    str, typer.Option("--case", help="Id of the case, or tracking number of a request in it.")
]
ReasonOption = Annotated[
    str,
    typer.Option("--reason", help="Reason; reporters of a case closed as declined read it."),
]
LevelOption = Annotated[
    Literal["P1", "P2", "P3", "P4", "P5"] | None,
    typer.Option("--to", help="lower, raise: the new priority."),
]
RequestOption = Annotated[
    str | None, typer.Option("--request", help="split: the request's id or tracking number.")
]
IntoOption = Annotated[
    str | None, typer.Option("--into", help="merge: the case to merge into, named like --case.")
]
BureauOption = Annotated[
    str | None, typer.Option("--bureau", help="transfer: code of the new leading bureau.")
]
StatusOption = Annotated[
    Literal["completed", "declined", "referred"] | None,
    typer.Option("--as", help="close: the final status; declined by default."),
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait for the confirmation.")
]


def operator(
    what: ActionArgument,
    case: CaseOption,
    reason: ReasonOption,
    actor: ActorOption,
    level: LevelOption = None,
    request: RequestOption = None,
    into: IntoOption = None,
    bureau: BureauOption = None,
    status: StatusOption = None,
    wait: WaitOption = 20,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Correct a case: priority, bureau, duplicates, end of the work.

    A lowered case is raised again only by new reports. A request that is split off gets a case of
    its own, and later reports join the nearer of the two. Reporters of a merged case follow the
    other one. Exit code 1 if the command is refused; the reason is kept on operator-commands-dlq.

    Example: `route311 operator lower --case 26-7KQ4-M2 --to P4 --reason "The lane is free again"`
    """
    from cli.operator.id_lookup import IdLookup  # noqa: PLC0415 - slow to load
    from cli.operator.send_command import send_command, summary  # noqa: PLC0415 - slow to load

    ids = IdLookup(data)
    fields = {
        "case_id": ids.case(case),
        "actor": actor,
        "reason": reason,
        "level": level,
        "request_id": ids.request(request) if request else None,
        "into_case": ids.case(into) if into else None,
        "bureau": bureau,
        "status": status,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    done = asyncio.run(send_command(what, given, find_kafka(data), within_s=wait))
    if json_output:
        typer.echo(json.dumps(done.model_dump(mode="json")))
    else:
        Console(highlight=False).print(summary(done), soft_wrap=True)
