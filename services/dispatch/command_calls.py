"""Operators' commands whose callers wait: executed in a transaction, by the rules of the topic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.dispatch.handlers.operators import on_commands_called
from services.dispatch.inbound.external import incoming_command
from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.store.bureau_events import keep_events
from services.dispatch.store.command_answers import CommandAnswer
from services.dispatch.store.postgres import PostgresDispatchStore
from shared.contract.events import OperatorCommanded, encode
from shared.runtime.outbox.outbox import OutboxBatch, enqueue
from shared.runtime.postgres import Connection


@dataclass(frozen=True, slots=True)
class AnsweredCommands:
    """Commands that were executed or refused.

    Attributes:
        answers: The answer to each, in order.
        batches: What is to be published after the commit.
    """

    answers: Sequence[CommandAnswer]
    batches: Sequence[OutboxBatch]


async def run_commands(
    db: Connection, commands: Sequence[OperatorCommanded], policy: DispatchPolicy, now: datetime
) -> AnsweredCommands:
    """Execute or refuse commands, and enqueue what follows.

    Args:
        db: A connection in a transaction.
        commands: In order; their ids are new.
        policy: Dispatch's rules.
        now: Time of the events that follow.
    """
    incoming = [incoming_command(command, now) for command in commands]
    executed = await on_commands_called(incoming, PostgresDispatchStore(db), policy, now)
    answers = [
        CommandAnswer(refusal=outcome)
        if isinstance(outcome, CommandRefusal)
        else CommandAnswer(tuple(map(encode, outcome)))
        for outcome in executed.outcomes
    ]
    return AnsweredCommands(answers, await enqueue(db, await keep_events(db, executed.produced)))
