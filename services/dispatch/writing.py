"""What dispatch keeps of a batch, as its handlers and its store both see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.dispatch.rules.case import Case, CaseRequest, WorkOrder
from services.dispatch.rules.commands.command import Command
from services.dispatch.rules.lifecycle import RefusalCode, Update


@dataclass(frozen=True, slots=True)
class UpdateKey:
    """What names an update for ever; one bureau's ids say nothing about another's."""

    bureau: str
    source: str
    update_id: str


@dataclass(frozen=True, slots=True)
class TakenUpdate:
    """An update and what became of it; ``said`` is None where nobody could read it."""

    key: UpdateKey
    said: Update | None
    changed: bool
    refused_as: RefusalCode | None


@dataclass(frozen=True, slots=True)
class CommandKey:
    """What names an operator's command for ever."""

    source: str
    command_id: str


@dataclass(frozen=True, slots=True)
class TakenCommand:
    """A command and what became of it; ``said`` is None where nobody could read it."""

    key: CommandKey
    said: Command | None
    refused_as: str | None


@dataclass(frozen=True, slots=True)
class Writing:
    """What is to be stored after a batch.

    Attributes:
        restated: Those of the changed cases that stand for another request's report now.
        issued: New work orders, each with the id of its case.
        requests: Requests that joined their first case.
        moved_requests: Requests that are in another case now.
    """

    opened: Sequence[Case]
    changed: Sequence[Case]
    issued: Sequence[tuple[str, WorkOrder]]
    moved: Sequence[WorkOrder]
    requests: Sequence[CaseRequest]
    updates: Sequence[TakenUpdate]
    restated: Sequence[Case] = ()
    moved_requests: Sequence[CaseRequest] = ()
    commands: Sequence[TakenCommand] = ()
