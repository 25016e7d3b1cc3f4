"""``route311 operator``: send a command about a case to dispatch and show its effect."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import typer

from cli.connection import DEFAULT_DATA, ActorOption, DataOption, JsonOption, find_kafka
from cli.operator.id_lookup import IdLookup
from cli.terminal import print_found
from shared.contract import events as e
from shared.contract.topic import DEAD_LETTERS
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS
from shared.errors import PermanentError, Route311Error
from shared.runtime.clock import utc_now
from shared.runtime.kafka import Record, headers_by_name, open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from shared.vocabulary import CommandName

SOURCE = "/operator/cli"
_POLL_S = 0.5
_REFUSALS = f"{OPERATOR_COMMANDS.name}{DEAD_LETTERS}"

# Command on the wire and confirming event by word of the command line.
_COMMANDS: Mapping[str, tuple[CommandName, tuple[type[e.Event], ...]]] = {
    "lower": ("lower_priority", (e.CasePriorityLowered,)),
    "raise": ("raise_priority", (e.CasePriorityRaised,)),
    "split": ("split_request", (e.CaseRequestSplit,)),
    "merge": ("merge_case", (e.CaseClosed,)),
    "transfer": ("transfer", (e.CaseStatusChanged,)),
    "close": ("close", (e.CaseClosed,)),
    "reopen": ("reopen", (e.CaseReopened,)),
    "acknowledge": ("acknowledge", (e.CaseStatusChanged, e.CaseAcknowledged)),
    "unacknowledge": ("unacknowledge", (e.CaseStatusChanged,)),
    "assign": ("assign", (e.CaseAssigned,)),
    "note": ("note", (e.CaseNoted,)),
    "hold": ("hold", (e.CaseHeld,)),
    "kind": ("change_kind", (e.CaseKindChanged,)),
    "place": ("change_place", (e.CasePlaceChanged,)),
    "answer": ("answer", (e.CaseAnswered,)),
    "ask": ("ask", (e.CaseStatusChanged,)),
    "erase": ("erase_contact", (e.CaseErasureOrdered,)),
}


class CommandRefusedError(Route311Error):
    """Dispatch refused the command."""

    code = "command_refused"


class UnconfirmedCommandError(Route311Error):
    """Neither a confirmation nor a refusal arrived in time."""

    code = "no_answer"


async def send_command(
    action: str, fields: Mapping[str, Any], access: KafkaAccess, within_s: float
) -> e.Event:
    """Publish a command; return the event of the case that confirms it, or that it waits.

    Raises CommandRefusedError, or UnconfirmedCommandError without an answer in time: dispatch may
    still execute the command.
    """
    name, confirmations = _COMMANDS[action]
    confirmation: tuple[type[e.Event], ...] = (*confirmations, e.CaseApprovalRequested)
    event = e.OperatorCommanded(
        id=e.new_id(),
        source=SOURCE,
        time=utc_now().isoformat(),
        subject=fields["case_id"],
        data={**fields, "command": name},
    )
    since = await end_offsets(access, [DISPATCH_CASES.name, _REFUSALS])
    async with open_sink(access) as sink, follow(access, since) as tail:
        await sink.publish([Outgoing.to_topic(OPERATOR_COMMANDS.name, fields["case_id"], event)])
        try:
            async with asyncio.timeout(within_s):
                while True:
                    if done := find_confirmation(await tail.poll(_POLL_S), event, confirmation):
                        return done
        except TimeoutError:
            raise UnconfirmedCommandError(
                f"no answer to the command {event.id} within {within_s:g} s; dispatch executes it "
                "when it runs"
            ) from None


def find_confirmation(
    records: Iterable[Record],
    command: e.OperatorCommanded,
    confirmation: type[e.Event] | tuple[type[e.Event], ...],
) -> e.Event | None:
    """Return the event that confirms a command, or None; its dead letter raises an error."""
    cases: e.Decoder[Any] = e.Decoder(DISPATCH_CASES.events)
    for record in records:
        if record.topic == _REFUSALS:
            _raise_if_refused(record, command)
            continue
        event = cases.decode(record.value)
        if isinstance(event, confirmation) and event.causationid == command.id:
            return event
    return None


def _raise_if_refused(record: Record, command: e.OperatorCommanded) -> None:
    try:
        refused = e.Decoder[Any](OPERATOR_COMMANDS.events).decode(record.value)
    except PermanentError:
        return
    if (refused.source, refused.id) == (command.source, command.id):
        headers = {
            name: value.decode("utf-8", "replace")
            for name, value in headers_by_name(record).items()
        }
        raise CommandRefusedError(f"{headers['code']}: {headers['reason']}")


def summary(done: e.Event) -> str:
    """Return the effect on the case in a sentence."""
    case: e.CaseState = done.data
    name = f"The case {case.case_id}"
    match done:
        case e.CasePriorityLowered() | e.CasePriorityRaised():
            return f"{name} is {case.priority.level} now; it was {done.data.previous_level}."
        case e.CaseRequestSplit():
            return f"The request {done.data.request_id} has the case {done.data.to_case} now."
        case e.CaseClosed() if done.data.merged_into:
            return f"{name} ended; its requests are in the case {done.data.merged_into} now."
        case e.CaseStatusChanged() if done.data.previous_lead != case.lead_bureau:
            return f"{name} is led by {case.lead_bureau} now."
        case e.CaseClosed() | e.CaseReopened() | e.CaseStatusChanged():
            return f"{name} is {case.status} now; it was {done.data.previous_status}."
        case _:
            return f"{name}: {_staff_summary(done)}."


def _staff_summary(done: e.Event) -> str:
    """Return the effect of a command of the daily work."""
    match done:
        case e.CaseApprovalRequested():
            return f"the command waits for a second person, approval {done.data.approval_id}"
        case e.CaseAssigned():
            return f"assigned to {done.data.assignee or 'nobody'}"
        case e.CaseHeld():
            return f"held until {done.data.held_until}" if done.data.held_until else "hold ended"
        case e.CaseKindChanged():
            now, before = done.data.service_code, done.data.previous_service_code
            return f"kind {now} now, was {before}; {done.data.lead_bureau} leads"
        case _:
            return done.type.split(".")[2].replace("_", " ")


ActionArgument = Annotated[
    Literal[
        "lower",
        "raise",
        "split",
        "merge",
        "transfer",
        "close",
        "reopen",
        "acknowledge",
        "unacknowledge",
        "assign",
        "note",
        "hold",
        "kind",
        "place",
        "answer",
        "ask",
        "erase",
    ],
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
    str | None, typer.Option("--request", help="split, erase: the request's id or tracking number.")
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
AssigneeOption = Annotated[
    str | None,
    typer.Option("--assignee", help="assign: name of the member of staff; nobody without it."),
]
TextOption = Annotated[
    str | None,
    typer.Option("--text", help="note: for the staff; answer, ask: what all followers read."),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="hold: RFC 3339 moment; one that has passed ends the hold."),
]
KindOption = Annotated[str | None, typer.Option("--kind", help="kind: the new service code.")]
PointOption = Annotated[
    str | None, typer.Option("--at", metavar="LAT,LON", help="place: the new point.")
]
AddressOption = Annotated[str | None, typer.Option("--address", help="place: the new address.")]
VersionOption = Annotated[
    int | None,
    typer.Option("--version", help="Version that the command is based on; refused for another."),
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
    assignee: AssigneeOption = None,
    text: TextOption = None,
    until: UntilOption = None,
    kind: KindOption = None,
    at: PointOption = None,
    address: AddressOption = None,
    version: VersionOption = None,
    wait: WaitOption = 20,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Correct and handle a case: priority, bureau, kind, place, duplicates, words, end of work.

    A lowered case is raised again only by new reports. A request that is split off gets a case of
    its own, and later reports join the nearer of the two. Reporters of a merged case follow the
    other one. Where the city asks for four eyes, the command waits until a supervisor approves it
    in the console. Exit code 1 if the command is refused; the reason is kept on
    operator-commands-dlq.

    Example: `route311 operator lower --case 26-7KQ4-M2 --to P4 --reason "The lane is free again"`
    """
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
        "assignee": assignee,
        "text": text,
        "until": until,
        "service_code": kind,
        "location": _location(at, address),
        "expected_version": version,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    done = asyncio.run(send_command(what, given, find_kafka(data), within_s=wait))
    print_found(
        done.model_dump(mode="json"),
        lambda console: console.print(summary(done), soft_wrap=True),
        as_json=json_output,
    )


def _location(at: str | None, address: str | None) -> dict[str, Any] | None:
    """Return a location of a point or an address, or None for neither."""
    if at is None:
        return {"address": address} if address else None
    try:
        latitude, longitude = map(float, at.split(","))
    except ValueError:
        raise typer.BadParameter("--at: write LAT,LON in degrees, such as 45.52,-122.68") from None
    return {"latitude": latitude, "longitude": longitude, "address": address}
