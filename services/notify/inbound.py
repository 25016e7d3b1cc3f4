"""What a batch of events says, in notify's own words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.notify.rules import triggers as occasions
from services.notify.rules.model import (
    WITHOUT_CASE,
    Agency,
    CaseFacts,
    CaseVersion,
    Cause,
    Contact,
    ContactFacts,
    Membership,
    RequestFacts,
    Template,
    Trigger,
    TriggerWithFacts,
)
from services.notify.rules.recipients import person_hash
from shared.contract import events as e
from shared.email_address import normalize_email
from shared.vocabulary import StatusChannel


@dataclass(frozen=True, slots=True)
class Updates:
    """What became known; of contacts and erasures the last counts, of decisions the first."""

    contacts: dict[str, ContactFacts] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    requests: dict[str, RequestFacts] = field(default_factory=dict)
    memberships: dict[tuple[str, str], Membership] = field(default_factory=dict)
    announcements: dict[CaseVersion, TriggerWithFacts] = field(default_factory=dict)

    @property
    def request_ids(self) -> frozenset[str]:
        """The requests of which something became known."""
        joined = {request_id for _, request_id in self.memberships}
        return frozenset(self.contacts.keys() | self.erased | self.requests.keys() | joined)

    @property
    def announced_cases(self) -> frozenset[str]:
        """The cases of which every follower hears something new."""
        return frozenset(
            about
            for (about, _), announcement in self.announcements.items()
            if announcement.occasion.only_for is None
        )


def collect_updates(events: Iterable[e.Event], contact_key: bytes) -> Updates:
    """Return what the events say.

    A decision about an anonymous request says nothing: there is nobody to tell.

    Args:
        events: Of the three topics that notify reads, in order of arrival.
        contact_key: Secret under which people are known.
    """
    news = Updates()
    for event in events:
        if isinstance(event, e.ContactGiven):
            facts = _contact(event.data, contact_key)
            news.contacts[facts.request_id] = facts
            news.erased.discard(facts.request_id)
        elif isinstance(event, e.ContactErased):
            news.contacts.pop(event.data.request_id, None)
            news.erased.add(event.data.request_id)
        else:
            _READERS[type(event)](news, event)
    return news


def _contact(given: e.Contact, key: bytes) -> ContactFacts:
    address = normalize_email(given.email)
    person = person_hash(key, address=address, phone=given.phone, request_id=given.request_id)
    usable: dict[StatusChannel, str | None] = {"email": address, "sms": given.phone}
    contact = Contact(
        person=person,
        wants=frozenset(given.status_updates),
        has=frozenset(channel for channel, value in usable.items() if value),
        languages=(given.language,) if given.language else (),
    )
    return ContactFacts(given.request_id, contact, address, given.name)


def _decision(news: Updates, event: e.RequestTriaged) -> None:
    decision = event.data
    if decision.request.reporter_ref is None:
        return
    news.requests.setdefault(decision.request_id, _request(decision))
    if template := occasions.on_decision(decision.outcome):
        _join(news, decision.request_id, decision.request_id, WITHOUT_CASE)
        about = decision.request_id
        level = decision.priority.level
        occasion = Trigger(about, WITHOUT_CASE, template, level, _cause(event), only_for=about)
        news.announcements.setdefault(
            occasion.case_version, TriggerWithFacts(occasion, CaseFacts())
        )


def _request(decision: e.Decision) -> RequestFacts:
    return RequestFacts(
        request_id=decision.request_id,
        tracking_number=decision.tracking_number,
        jurisdiction=decision.request.jurisdiction,
        service_code=decision.service_code,
        language=decision.request.language,
        address=decision.request.location.address,
        emergency=decision.emergency is not None,
        agency=_agency(decision.referral) if decision.referral else None,
        answer=_answer(decision),
    )


def _answer(decision: e.Decision) -> str | None:
    if decision.outcome != "answered":
        return None
    return next((advice.code for advice in decision.advice), None)


def _agency(referral: e.Referral) -> Agency:
    why = referral.reason.code if referral.reason else None
    return Agency(referral.name, referral.phone, referral.url, why)


def _opened(news: Updates, event: e.CaseOpened) -> None:
    _welcome(news, event, occasions.on_opening())


def _attached(news: Updates, event: e.CaseRequestAttached) -> None:
    _welcome(news, event, occasions.on_joining(event.data.status))


def _welcome(
    news: Updates, event: e.CaseOpened | e.CaseRequestAttached, template: Template
) -> None:
    case = event.data
    _join(news, case.case_id, case.request_id, case.version)
    if case.moved_from:
        return  # its reporter was welcomed before, and follows this case from now on
    facts = CaseFacts(bureau=case.lead_bureau)
    _announce(news, event, template, facts, only_for=case.request_id)


def _moved(news: Updates, event: e.CaseStatusChanged) -> None:
    _announce(news, event, occasions.on_move(event.data.status), _said(event.data))


def _closed(news: Updates, event: e.CaseClosed) -> None:
    if event.data.merged_into:
        return  # its followers are told what becomes of the other case
    facts = replace(_said(event.data), reason=event.data.reason)
    _announce(news, event, occasions.on_closing(event.data.status), facts)


def _reopened(news: Updates, event: e.CaseReopened) -> None:
    _announce(news, event, occasions.on_reopening(), _said(event.data))


def _split(news: Updates, event: e.CaseRequestSplit) -> None:
    split = event.data
    _leave(news, split.case_id, split.request_id, split.version)
    if template := occasions.on_leaving(split.status):
        _announce(news, event, template, CaseFacts(), only_for=split.request_id)


def _nothing(news: Updates, event: e.CasePriorityRaised | e.CasePriorityLowered) -> None:
    """How urgent a case is for the city is nothing to tell."""


def _said(move: e.CaseMove) -> CaseFacts:
    return CaseFacts(
        bureau=move.bureau or move.lead_bureau,
        note=move.public_note,
        scheduled_for=move.scheduled_for,
    )


def _announce(
    news: Updates,
    event: Any,  # noqa: ANN401 - any event of a case
    template: Template | None,
    facts: CaseFacts,
    only_for: str | None = None,
) -> None:
    if template is None:
        return
    case: e.CaseState = event.data
    occasion = Trigger(
        about=case.case_id,
        version=case.version,
        template=template,
        priority=case.priority.level,
        cause=_cause(event),
        only_for=only_for,
    )
    news.announcements.setdefault(occasion.case_version, TriggerWithFacts(occasion, facts))


def _join(news: Updates, about: str, request_id: str, since: int) -> None:
    known = news.memberships.get((about, request_id), Membership(about, request_id))
    news.memberships[about, request_id] = replace(known, since=since)


def _leave(news: Updates, about: str, request_id: str, until: int) -> None:
    known = news.memberships.get((about, request_id), Membership(about, request_id))
    news.memberships[about, request_id] = replace(known, until=until)


def _cause(event: e.Event) -> Cause:
    return Cause(event.id, event.traceparent)


_READERS: Mapping[type[e.Event], Callable[[Updates, Any], None]] = {
    e.RequestTriaged: _decision,
    e.CaseOpened: _opened,
    e.CaseRequestAttached: _attached,
    e.CaseStatusChanged: _moved,
    e.CaseClosed: _closed,
    e.CaseReopened: _reopened,
    e.CaseRequestSplit: _split,
    e.CasePriorityRaised: _nothing,
    e.CasePriorityLowered: _nothing,
}
