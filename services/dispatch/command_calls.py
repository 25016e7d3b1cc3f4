"""Operators' commands whose callers wait: executed in a transaction, by the rules of the topic."""

from collections.abc import Sequence
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


async def run_commands(
    db: Connection, commands: Sequence[OperatorCommanded], policy: DispatchPolicy, now: datetime
) -> tuple[list[CommandAnswer], list[OutboxBatch]]:
    """Execute or refuse commands in the caller's transaction, and enqueue what follows.

    Returns the answer to each command, in order, and what is to be published after the commit.
    The ids of the commands are new.
    """
    incoming = [incoming_command(command, now) for command in commands]
    outcomes, produced = await on_commands_called(incoming, PostgresDispatchStore(db), policy, now)
    answers = [
        CommandAnswer(refusal=outcome)
        if isinstance(outcome, CommandRefusal)
        else CommandAnswer(tuple(map(encode, outcome)))
        for outcome in outcomes
    ]
    return answers, await enqueue(db, await keep_events(db, produced))
