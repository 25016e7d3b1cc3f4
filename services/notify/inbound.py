"""Translates a batch of events into updates of contacts, requests, cases and triggers."""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from services.notify.rules import model
from services.notify.rules.recipients import CaseLead, ContactConsent, person_hash
from services.notify.rules.updates import (
    ReturnedMail,
    Updates,
    is_no_news,
    on_closing,
    on_decision,
    on_joining,
    on_leaving,
    on_missed_deadline,
    on_move,
)
from shared.contract import events as e
from shared.email_address import normalize_email, without_tag
from shared.vocabulary import StatusChannel


def collect_updates(
    events: Iterable[e.Event],
    hash_key: bytes,
    neighbours: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Updates:
    """Return the updates in events of the topics that notify reads, in order of arrival.

    A decision about an anonymous request is skipped: it has no reporter to notify, unless it came
    by the residents' pages, where an address may be given later. Neighbours are
    the municipalities around each city, by jurisdiction.
    """
    updates = Updates()
    for event in events:
        if isinstance(event, e.ContactGiven):
            if event.data.request_id not in updates.erased:
                updates.contacts[event.data.request_id] = _contact(event, hash_key)
        elif isinstance(event, e.ContactErased):
            updates.contacts.pop(event.data.request_id, None)
            updates.erased.add(event.data.request_id)
        elif isinstance(event, e.NoteAdded):
            _note_added(updates, event, neighbours)
        elif reader := _READERS.get(type(event)):
            reader(updates, event)
        if isinstance(event.data, e.CaseState):
            _set_lead(updates, event.data)
    return updates


def _contact(event: e.ContactGiven, key: bytes) -> model.ReporterContact:
    given = event.data
    address, phone, request_id = normalize_email(given.email), given.phone, given.request_id
    usable: dict[StatusChannel, str | None] = {"email": address, "sms": phone}
    recipient = model.Recipient(
        person=person_hash(key, address=address, phone=phone, request_id=request_id),
        wants=frozenset(given.status_updates),
        has=frozenset(channel for channel, value in usable.items() if value),
        languages=(given.language,) if given.language else (),
        informed=frozenset(given.informed),
    )
    mailbox = without_tag(address) if address else None
    return model.ReporterContact(
        request_id=request_id,
        recipient=recipient,
        mailbox=address,
        phone=phone,
        phone_ref=given.phone_ref,
        name=given.name,
        received_at=event.time,
        flood_key=person_hash(key, address=mailbox, phone=phone, request_id=request_id),
    )


def _consent_changed(updates: Updates, event: e.ConsentChanged) -> None:
    given = event.data
    consent = ContactConsent(given.contact, given.channel, given.opted_out, given.at)
    known = updates.consents.setdefault((consent.contact, consent.channel), consent)
    if known.at <= consent.at:
        updates.consents[consent.contact, consent.channel] = consent


def _mail_returned(updates: Updates, event: e.MailReturned) -> None:
    given = event.data
    updates.returned.append(ReturnedMail(given.notification_id, given.kind, given.at))


def _request_triaged(updates: Updates, event: e.RequestTriaged) -> None:
    decision, request_id = event.data, event.data.request_id
    if decision.request.reporter_ref is None and decision.request.channel != "web":
        return
    updates.requests.setdefault(request_id, _request_facts(decision))
    if template := on_decision(decision.outcome):
        _add_request_trigger(updates, event, template, decision.priority.level, model.CaseFacts())


def _request_facts(decision: e.Decision) -> model.RequestFacts:
    is_answered = decision.outcome == "answered"
    return model.RequestFacts(
        request_id=decision.request_id,
        tracking_number=decision.tracking_number,
        jurisdiction=decision.request.jurisdiction,
        service_code=decision.service_code,
        language=decision.request.language,
        address=decision.request.location.address,
        emergency=decision.emergency is not None,
        agency=_agency(decision.referral) if decision.referral else None,
        words=decision.request.description[:_MAX_WORDS],
        submitted_at=decision.request.submitted_at,
        answer_code=next((a.code for a in decision.advice), None) if is_answered else None,
    )


def _agency(referral: e.Referral) -> model.ReferralAgency:
    reason_code = referral.reason.code if referral.reason else None
    return model.ReferralAgency(referral.name, referral.phone, referral.url, reason_code)


def _request_joined(updates: Updates, event: e.CaseOpened | e.CaseRequestAttached) -> None:
    case = event.data
    updates.set_membership(case.case_id, case.request_id, since=case.version)
    if case.moved_from:
        return  # its reporter was welcomed in the case that it came from
    is_first = isinstance(event, e.CaseOpened)
    template: model.TemplateName = "received" if is_first else on_joining(case.status)
    facts = model.CaseFacts(
        bureau=case.lead_bureau,
        request_count=case.request_count,
        first_reported_at=case.first_reported_at,
    )
    _add_trigger(updates, event, template, facts, only_for=case.request_id)


def _status_changed(updates: Updates, event: e.CaseStatusChanged) -> None:
    case = event.data
    if case.answered_by:
        _answer_received(updates, event)
        return
    # In events of older versions an operator changes nothing but the lead.
    previous_lead = case.bureau if case.previous_lead is None else case.previous_lead
    has_new_lead = previous_lead != case.lead_bureau
    is_operators = case.bureau is None
    if not has_new_lead and is_no_news(
        case.previous_status, case.status, is_operators=is_operators
    ):
        return
    facts = _case_facts(case)
    if has_new_lead or is_operators:
        facts = facts._replace(bureau=case.lead_bureau if has_new_lead else None)
    template = on_move(
        case.status,
        has_new_lead=has_new_lead,
        has_question=is_operators and case.public_note is not None,
    )
    _add_trigger(updates, event, template, facts)


def _staff_wrote(updates: Updates, event: e.CaseAnswered) -> None:
    facts = model.CaseFacts(note=event.data.public_note)
    _add_trigger(updates, event, "answered", facts)


def _answer_received(updates: Updates, event: e.CaseStatusChanged) -> None:
    """Thank the reporter who answered; a text message had its reply at once."""
    case = event.data
    if case.answered_through != "sms":
        facts = model.CaseFacts(bureau=case.lead_bureau)
        _add_trigger(updates, event, "answer_received", facts, only_for=case.answered_by)


def _case_closed(updates: Updates, event: e.CaseClosed) -> None:
    if event.data.merged_into:
        return  # its followers are notified of the case that it was merged into
    facts = _case_facts(event.data)._replace(reason=event.data.reason)
    _add_trigger(updates, event, on_closing(event.data.status), facts)


def _case_reopened(updates: Updates, event: e.CaseReopened) -> None:
    facts = _case_facts(event.data)._replace(reason=event.data.reason)
    _add_trigger(updates, event, "reopened", facts)


def _case_overdue(updates: Updates, event: e.CaseOverdue) -> None:
    facts = model.CaseFacts(bureau=event.data.bureau)
    _add_trigger(updates, event, on_missed_deadline(event.data.what), facts)


def _request_split(updates: Updates, event: e.CaseRequestSplit) -> None:
    split = event.data
    updates.set_membership(split.case_id, split.request_id, until=split.version)
    template = on_leaving(split.status)
    _add_trigger(updates, event, template, model.CaseFacts(), only_for=split.request_id)


def _note_added(
    updates: Updates, event: e.NoteAdded, neighbours: Mapping[str, Collection[str]]
) -> None:
    """Add a message, once per request, when the place in a note is in a neighbour's land.

    It answers a note about a danger, so it has priority P1 and ignores quiet hours.
    """
    note = event.data
    municipality = note.location.municipality if note.location else None
    if municipality is None or municipality not in neighbours.get(note.jurisdiction, ()):
        return
    facts = model.CaseFacts(municipality=municipality)
    _add_request_trigger(updates, event, "outside_city", "P1", facts)


def _case_facts(move: e.CaseStatusChange) -> model.CaseFacts:
    return model.CaseFacts(
        bureau=move.bureau or move.lead_bureau,
        note=move.public_note,
        scheduled_for=move.scheduled_for,
        has_picture=any(_MEDIA_PATH in picture.url for picture in move.media),
    )


def _add_trigger(
    updates: Updates,
    event: Any,  # noqa: ANN401 - any event of a case
    template: model.TemplateName | None,
    facts: model.CaseFacts,
    *,
    only_for: str | None = None,
) -> None:
    if template is not None:
        case: e.CaseState = event.data
        key, priority = (case.case_id, case.version), case.priority.level
        cause = model.CausingEvent(event.id, event.traceparent)
        trigger = model.Trigger(*key, template, priority, cause, facts, only_for)
        updates.triggers.setdefault(key, trigger)


def _add_request_trigger(
    updates: Updates,
    event: e.RequestTriaged | e.NoteAdded,
    template: model.TemplateName,
    priority: str,
    facts: model.CaseFacts,
) -> None:
    """Add the trigger for the reporter of one request, with or without a case."""
    id_, cause = event.data.request_id, model.CausingEvent(event.id, event.traceparent)
    updates.set_membership(id_, id_, since=model.WITHOUT_CASE)
    trigger = model.Trigger(id_, model.WITHOUT_CASE, template, priority, cause, facts, id_)
    updates.triggers.setdefault(trigger.key, trigger)


def _set_lead(updates: Updates, case: e.CaseState) -> None:
    """Set the lead of the case; one that was merged into another has none."""
    if case.lead_work_order_id is None:
        return  # an event of an older version
    is_merged = isinstance(case, e.CaseClosing) and case.merged_into is not None
    order_id = None if is_merged else case.lead_work_order_id
    lead = CaseLead(case.case_id, case.version, case.jurisdiction, case.lead_bureau, order_id)
    known = updates.leads.setdefault(case.case_id, lead)
    if known.version < lead.version:
        updates.leads[case.case_id] = lead


# Characters of a reporter's words that are kept for the receipt, which shows fewer.
_MAX_WORDS = 400
_MEDIA_PATH = "/v1/media/"  # of our own pictures; residents see no others
_READERS: Mapping[type[e.Event], Callable[[Updates, Any], None]] = {
    e.ConsentChanged: _consent_changed,
    e.MailReturned: _mail_returned,
    e.RequestTriaged: _request_triaged,
    e.CaseOpened: _request_joined,
    e.CaseRequestAttached: _request_joined,
    e.CaseStatusChanged: _status_changed,
    e.CaseClosed: _case_closed,
    e.CaseReopened: _case_reopened,
    e.CaseRequestSplit: _request_split,
    e.CaseOverdue: _case_overdue,
    e.CaseAnswered: _staff_wrote,
}
