"""Giving a command to dispatch, and waiting for what becomes of it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared.contract import events as e
from shared.contract.topics import DEAD_LETTERS, DISPATCH_CASES, OPERATOR_COMMANDS
from shared.errors import PermanentError, Route311Error
from shared.runtime.clock import utc_now
from shared.runtime.kafka import Record, open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.outbox.records import Outgoing
from shared.vocabulary import CommandName

SOURCE = "/operator/cli"
_REFUSALS = f"{OPERATOR_COMMANDS.name}{DEAD_LETTERS}"
_COMMANDS: Mapping[str, tuple[CommandName, type[e.Event]]] = {
    "lower": ("lower_priority", e.CasePriorityLowered),
    "raise": ("raise_priority", e.CasePriorityRaised),
    "split": ("split_request", e.CaseRequestSplit),
    "merge": ("merge_case", e.CaseClosed),
    "transfer": ("transfer", e.CaseStatusChanged),
    "close": ("close", e.CaseClosed),
    "reopen": ("reopen", e.CaseReopened),
}
"""What each word of the command line orders, and the event that says that it is done."""


class CommandRefusedError(Route311Error):
    """Dispatch refused the command."""

    code = "command_refused"


class NoAnswerError(Route311Error):
    """Nothing became of the command in time."""

    code = "no_answer"


@dataclass(frozen=True, slots=True)
class OperatorOrder:
    """What an operator wants, in the words of the command line and the fields of the wire."""

    command: str
    case_id: str
    actor: str
    reason: str
    level: str | None = None
    request_id: str | None = None
    into_case: str | None = None
    bureau: str | None = None
    status: str | None = None


async def send_command(order: OperatorOrder, bootstrap: str, within_s: float) -> e.Event:
    """Give the command to dispatch; return the event of the case that says that it is done.

    Raises:
        CommandRefusedError: It changes nothing, for the reason given.
        NoAnswerError: Dispatch did not answer in time; it may still carry it out.
    """
    name, answer = _COMMANDS[order.command]
    said = {k: v for k, v in asdict(order).items() if v is not None} | {"command": name}
    event = e.OperatorCommanded(
        id=e.new_id(),
        source=SOURCE,
        time=utc_now().isoformat(),
        subject=order.case_id,
        data=said,
    )
    since = await end_offsets(bootstrap, [DISPATCH_CASES.name, _REFUSALS])
    async with open_sink(bootstrap) as sink, follow(bootstrap, since) as tail:
        await sink.publish([Outgoing.to_topic(OPERATOR_COMMANDS.name, order.case_id, event)])
        try:
            async with asyncio.timeout(within_s):
                while True:
                    if done := answer_in(await tail.poll(within_s=0.5), event, answer):
                        return done
        except TimeoutError:
            raise NoAnswerError(
                f"no answer after {within_s:g} s to the command {event.id}; it is carried out when "
                "dispatch runs"
            ) from None


def answer_in(
    records: Iterable[Record], command: e.OperatorCommanded, answer: type[e.Event]
) -> e.Event | None:
    """Return the event that says that the command is done, if it is among the records.

    Raises:
        CommandRefusedError: One of the records is the command, with the reason why it was parked.
    """
    cases: e.Decoder[Any] = e.Decoder(DISPATCH_CASES.events)
    for record in records:
        if record.topic == _REFUSALS:
            _raise_if_refused(record, command)
            continue
        event = cases.decode(record.value)
        if isinstance(event, answer) and event.causationid == command.id:
            return event
    return None


def _raise_if_refused(record: Record, command: e.OperatorCommanded) -> None:
    try:
        refused = e.Decoder[Any](OPERATOR_COMMANDS.events).decode(record.value)
    except PermanentError:
        return
    if (refused.source, refused.id) == (command.source, command.id):
        said = {name: value.decode("utf-8", "replace") for name, value in record.headers}
        raise CommandRefusedError(f"{said['code']}: {said['reason']}")


def summary(done: e.Event) -> str:
    """Return in a sentence what became of the case."""
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
