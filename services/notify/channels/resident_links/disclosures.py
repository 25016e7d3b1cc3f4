"""Disclosures: the lead bureau of a case reads the contacts of its reporters, on the record."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.notify.rules.leads import CaseLead, CaseReporter
from services.notify.store.leads import case_reporters, find_lead
from shared.contract.events import ContactDisclosed, ContactDisclosure
from shared.redaction import KnownPii, Redactor
from shared.runtime.clock import utc_now
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, transaction
from shared.runtime.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Disclosures:
    """Discloses contacts; each disclosure is an event, committed before anybody reads them.

    Attributes:
        pool: Notify's database.
        redactors: Redaction of purposes by the id of the jurisdiction.
        sealer: Ours, which wraps the keys of people.
        on_commit: Called with the batches of each commit, to pass them to the relay.
    """

    pool: Pool
    redactors: Mapping[str, Redactor]
    sealer: Sealer
    on_commit: HandOver

    async def lead(self, work_order_id: str) -> CaseLead | None:
        """Return the lead with this work order; None where it leads no case, or not any more."""
        async with transaction(self.pool) as db:
            return await find_lead(db, work_order_id)

    async def disclose(
        self, work_order_id: str, bureau: str, purpose: str
    ) -> Sequence[CaseReporter] | None:
        """Return the contacts of the reporters of a case; None where the bureau does not lead it.

        Args:
            work_order_id: The work order by which the bureau leads the case.
            bureau: Code of the bureau.
            purpose: What for, in the words of the bureau.
        """
        now = utc_now()
        async with transaction(self.pool) as db:
            lead = await find_lead(db, work_order_id)
            if lead is None or lead.bureau != bureau:
                return None
            reporters = await case_reporters(db, lead.case_id, self.sealer)
            disclosure = ContactDisclosure(
                work_order_id=work_order_id,
                case_id=lead.case_id,
                bureau=bureau,
                purpose=_redacted(purpose, reporters, self.redactors[lead.jurisdiction]),
                at=now,
            )
            batches = await enqueue(db, [ContactDisclosed.of(disclosure, now=now)])
        self.on_commit(batches)
        audit(
            "contact_disclosed",
            bureau=bureau,
            work_order=work_order_id,
            case=lead.case_id,
            contacts=len(reporters),
            purpose=disclosure.purpose,
        )
        return reporters


def _redacted(purpose: str, reporters: Sequence[CaseReporter], redactor: Redactor) -> str:
    """Return the purpose without contact data and without names of the reporters."""
    words = _words(purpose)
    for name in {reporter.name for reporter in reporters if reporter.name}:
        if words & _words(name):
            purpose = redactor.redact_text(purpose, KnownPii(name))
    return redactor.redact_note(purpose)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
