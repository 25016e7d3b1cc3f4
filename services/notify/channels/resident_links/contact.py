"""The HTTP route by which the lead bureau of a case reads the contacts of its reporters."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

import pydantic_core
from aiohttp import web
from pydantic import Field

from services.notify.rules.recipients import CaseLead, CaseReporter
from services.notify.store.leads import case_reporters, find_lead
from shared.contract.events import ContactDisclosed, ContactDisclosure, Data, FieldError
from shared.redaction import KnownPii, Redactor
from shared.runtime.clock import utc_now
from shared.runtime.http.callers import ADAPTER, BUREAU, OPERATOR, Callers, RefusedError
from shared.runtime.http.calls import JSON, answers_errors
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, transaction
from shared.runtime.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Disclosures:
    """Discloses contacts; each disclosure is an event, committed before anybody reads them.

    Attributes:
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


PATH = "/v1/work-orders/{work_order_id}/contact"
_MAX_PURPOSE = 500
_NEW_S = 10.0
_WAITS_S = (0.1, 0.2, 0.4, 0.8)
_HEADERS: Mapping[str, str] = {"Cache-Control": "no-store"}


class DisclosedContact(Data):
    """Contact of a reporter of the case."""

    request_id: str
    """Id of the reporter's request, a UUIDv7."""
    tracking_number: str
    """The number that the reporter has."""
    name: str | None
    """The reporter's name; null where it is unknown."""
    email: str | None
    """E-mail address; null for none."""
    phone: str | None
    """Phone number, E.164; null for none."""
    language: str | None
    """Language to speak or write in, a BCP 47 tag; null where it is unknown."""


class CaseContacts(Data):
    """Contacts of the reporters of a case."""

    contacts: list[DisclosedContact]
    """One for each reporter who left a contact, in the order of their requests."""


_READ = Operation(
    "Read the contacts of the reporters of a case, with its lead bureau's key.",
    {
        200: Content(
            "The contacts; none where all reporters are anonymous.", (JSON,), CaseContacts
        ),
        404: problem("The caller leads no case by a work order with this id."),
        422: problem("The Purpose is missing, too long, or no plain text in UTF-8."),
        **{status: refusal for status, refusal in KEY_REFUSALS.items() if status != 403},  # noqa: PLR2004 - 404 to any other key
    },
    headers={
        "Purpose": Parameter(
            "What the bureau needs the contacts for; it is put on record.",
            Annotated[str, Field(min_length=1, max_length=_MAX_PURPOSE)],
            required=True,
        )
    },
    security=("bureau",),
)


def contact_routes(callers: Callers, disclosures: Disclosures) -> list[web.RouteDef]:
    """Return the route."""

    @answers_errors("Ask again in a moment.")
    async def read(request: web.Request) -> web.Response:
        """Answer with the contacts; the answer is on record before it is sent."""
        caller = await callers.caller(request, BUREAU, OPERATOR, ADAPTER)
        if caller.scope != BUREAU:
            raise _unknown()
        purpose, order_id = _purpose(request), _order_id(request)
        await _arrival(disclosures, order_id)
        reporters = await Deadline().wait_for(disclosures.disclose(order_id, caller.name, purpose))
        if reporters is None:
            raise _unknown()
        return _response(reporters)

    return [web.get(PATH, documents(read, _READ))]


async def _arrival(disclosures: Disclosures, work_order_id: str) -> None:
    """Wait a moment for a new work order, which its bureau may know sooner than notify."""
    for wait_s in _WAITS_S if _is_new(work_order_id) else ():
        if await Deadline().wait_for(disclosures.lead(work_order_id)):
            return
        await asyncio.sleep(wait_s)


def _order_id(request: web.Request) -> str:
    order_id = request.match_info["work_order_id"]
    if not order_id.isprintable():  # such as a NUL, which no column takes
        raise _unknown()
    return order_id


def _is_new(work_order_id: str) -> bool:
    """Return True for a UUIDv7 of the last seconds; its first 48 bits are its time."""
    try:
        made_at_s = (UUID(work_order_id).int >> 80) / 1000
    except ValueError:
        return False
    return abs(time.time() - made_at_s) < _NEW_S


def _purpose(request: web.Request) -> str:
    purpose = request.headers.get("Purpose", "").strip()
    if 1 <= len(purpose) <= _MAX_PURPOSE and purpose.isprintable():
        return purpose
    error = FieldError(
        field="Purpose",
        code="bad_purpose" if purpose else "missing_purpose",
        message=f"Say in 1 to {_MAX_PURPOSE} characters of plain text what you need it for.",
    )
    detail = "Send a header Purpose; it is put on record."
    raise RefusedError(problem_response(422, "No purpose", detail, errors=[error]))


def _unknown() -> RefusedError:
    detail = "You lead no case by a work order with this id."
    response = problem_response(404, "No such work order", detail, code="unknown_work_order")
    return RefusedError(response)


def _response(reporters: Sequence[CaseReporter]) -> web.Response:
    contacts = CaseContacts(contacts=[DisclosedContact(**asdict(one)) for one in reporters])
    return web.Response(
        body=pydantic_core.to_json(contacts), content_type=JSON, headers=dict(_HEADERS)
    )
