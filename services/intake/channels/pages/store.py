"""Drafts of reports in PostgreSQL, sealed, each for a day after its last change."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from pydantic import TypeAdapter

from services.intake.channels.pages.draft import UnsentReport
from shared.runtime.clock import utc_now
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.shutdown import WokenWork
from shared.runtime.postgres import Connection, Pool, borrow
from shared.runtime.sealing import Sealer, UnreadableError

log = structlog.get_logger()

KEPT = timedelta(days=1)
# More than the longest report that is accepted.
_MAX_BYTES = 64 * 1024
_SWEEP_EVERY_S = 600.0
_FIND = "SELECT state FROM report_drafts WHERE draft_id = $1 AND saved_at > $2"
_SAVE = """
    INSERT INTO report_drafts (draft_id, state, tracking_number, saved_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (draft_id) DO UPDATE
       SET state = excluded.state, tracking_number = excluded.tracking_number,
           saved_at = excluded.saved_at
     WHERE report_drafts.tracking_number IS NULL OR excluded.tracking_number IS NOT NULL
"""
_DELETE_OLD = "DELETE FROM report_drafts WHERE saved_at <= $1"
_DELETE = "DELETE FROM report_drafts WHERE draft_id = ANY($1::uuid[])"
_STATE = TypeAdapter(UnsentReport)


def draft_place(draft_id: str) -> str:
    """Return the place of a draft, for its seal."""
    return f"page {draft_id}"


def draft_sealer(secrets: Sequence[bytes]) -> Sealer:
    """Return the sealer of drafts; secrets after the first still open seals."""
    present, *before = secrets
    return Sealer.derived(present, "drafts at rest", *before)


@dataclass(frozen=True, slots=True)
class Drafts:
    """Drafts by the id of their form; the signed id, and so its holder alone, opens one."""

    pool: Pool
    sealer: Sealer

    async def find(self, draft_id: str) -> UnsentReport | None:
        """Return a draft; None for one that was never saved, is over, or cannot be read."""
        state = await Deadline().wait_for(self._run(_FIND, draft_id, utc_now() - KEPT))
        try:
            opened = self.sealer.open(state, draft_place(draft_id))
        except UnreadableError as error:
            log.error("draft_unreadable", reason=str(error))  # noqa: TRY400 - a traceback says no more
            return None
        return _STATE.validate_json(opened) if opened else None

    async def save(self, draft: UnsentReport) -> None:
        """Save a draft in place of the one before; RefusedError for one that is too large."""
        state = _STATE.dump_json(draft)
        if len(state) > _MAX_BYTES:
            raise RefusedError(problem_response(413, "Too large", "Send less."))
        sealed = self.sealer.seal(state.decode(), draft_place(draft.form_id))
        row = draft.form_id, sealed, draft.number, utc_now()
        await Deadline().wait_for(self._run(_SAVE, *row))

    async def run(self, stopping: asyncio.Event) -> None:
        """Delete the drafts that are over, every ten minutes until asked to stop."""
        await WokenWork(_SWEEP_EVERY_S).run(
            stopping,
            lambda: self._run(_DELETE_OLD, utc_now() - KEPT),
            lambda error: log.warning("old_drafts_kept", code=error.code),
        )

    async def _run(self, statement: str, *arguments: object) -> str | None:
        async with borrow(self.pool) as db:
            state: str | None = await db.fetchval(statement, *arguments)
            return state


async def erase_page_drafts(db: Connection, draft_ids: set[str]) -> None:
    """Delete drafts with the contact of a person who is erased."""
    await db.execute(_DELETE, sorted(draft_ids))
