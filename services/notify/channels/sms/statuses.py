"""Statuses of text messages from the provider, after it took them."""

from dataclasses import dataclass

from services.notify.delivery.updates import OPTED_OUT
from services.notify.outbound import settled_event
from services.notify.rules.sms_status import settled_from, settled_state
from services.notify.store.preferences import opt_out
from services.notify.store.settling import settle
from shared.runtime.clock import utc_now
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, transaction

SAID_STOP = 21610
"""Code of an error: the recipient stopped messages of ours at the provider."""


@dataclass(frozen=True, slots=True)
class SmsStatuses:
    """Settles text messages by the provider's word.

    Attributes:
        on_commit: Called with the batches of each commit, to pass them to the relay.
    """

    pool: Pool
    on_commit: HandOver

    async def take(
        self, notification_id: str | None, sid: str, status: str, error: int | None
    ) -> None:
        """Settle the message that a status is about; an unknown message changes nothing.

        Args:
            notification_id: Its id, if the callback has it.
            sid: Its id at the provider.
            error: Twilio's code of the error, if any.
        """
        state = settled_state(status)
        if state is None:
            return
        now = utc_now()
        reason = None
        if state == "failed":
            reason = OPTED_OUT if error == SAID_STOP else f"sms_{error or status}"
        async with transaction(self.pool) as db:
            settled = await settle(
                db,
                [notification_id] if notification_id else [],
                states=settled_from(state),
                state=state,
                reason=reason,
                provider_id=sid,
            )
            if reason == OPTED_OUT:
                for one in settled:
                    await opt_out(db, one.notification_id, now)
            batches = await enqueue(
                db, [settled_event(one, state, now, reason, sid) for one in settled]
            )
        self.on_commit(batches)
