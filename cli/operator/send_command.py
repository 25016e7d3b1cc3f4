"""Operator commands: publish one to dispatch, and wait for the event that confirms it."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

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
_COMMANDS: Mapping[str, tuple[CommandName, type[e.Event]]] = {
    "lower": ("lower_priority", e.CasePriorityLowered),
    "raise": ("raise_priority", e.CasePriorityRaised),
    "split": ("split_request", e.CaseRequestSplit),
    "merge": ("merge_case", e.CaseClosed),
    "transfer": ("transfer", e.CaseStatusChanged),
    "close": ("close", e.CaseClosed),
    "reopen": ("reopen", e.CaseReopened),
}


class CommandRefusedError(Route311Error):
    """Dispatch refused the command."""

    code = "command_refused"


class UnconfirmedCommandError(Route311Error):
    """Neither a confirmation nor a refusal arrived in time."""

    code = "no_answer"


async def send_command(
    action: str, fields: Mapping[str, str], access: KafkaAccess, within_s: float
) -> e.Event:
    """Publish a command; return the event of the case that confirms it.

    Raises CommandRefusedError, or UnconfirmedCommandError without an answer in time: dispatch may
    still execute the command.
    """
    name, confirmation = _COMMANDS[action]
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
    records: Iterable[Record], command: e.OperatorCommanded, confirmation: type[e.Event]
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
        case e.CaseStatusChanged():
            return f"{name} is led by {case.lead_bureau} now."
        case _:
            return f"{name} is {case.status} now; it was {done.data.previous_status}."
