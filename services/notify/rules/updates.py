"""Updates of notify's data that a batch of events brings, and what a delivery's status says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from services.notify.rules import model
from services.notify.rules.recipients import CaseLead, ContactConsent

SettledState: TypeAlias = Literal["sent", "failed"]
_SETTLES: Mapping[SettledState, tuple[str, ...]] = {
    "sent": ("unknown",),
    "failed": ("unknown", "sent"),
}


def settled_from(state: SettledState) -> tuple[str, ...]:
    """Return the states of a delivery that become this one; any other stays.

    A message that was sent may turn out as undelivered, but never the other way round, so repeats
    and statuses in any order give the same.
    """
    return _SETTLES[state]


# Time after which a report about an e-mail counts no more; passing failures are counted in it.
RETURNED_WITHIN = timedelta(days=30)
# E-mails in that time that bounce for now before their address counts as one that takes none.
MAX_PASSING = 3
Suppression: TypeAlias = Literal["bounced", "complained"]


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """A report of another mail server about one e-mail."""

    notification_id: str  # id of the e-mail; may be forged
    # `bounced_for_now` when the address may take the next one.
    kind: Literal["bounced", "bounced_for_now", "complained"]
    at: datetime


def suppression_of(returned: ReturnedMail, passing: int) -> Suppression | None:
    """Return why an address gets no more e-mail; ``passing`` counts this temporary bounce, too."""
    if returned.kind == "bounced_for_now":
        return "bounced" if passing >= MAX_PASSING else None
    return returned.kind


_BY_OUTCOME: Mapping[str, model.TemplateName] = {"referral": "referred", "answered": "answered"}
_BY_STATUS: Mapping[str, model.TemplateName] = {
    "acknowledged": "acknowledged",
    "scheduled": "scheduled",
    "in_progress": "in_progress",
    "waiting_for_resident": "waiting_for_resident",
}
_BY_CLOSING_STATUS: Mapping[str, model.TemplateName] = {
    "completed": "completed",
    "declined": "declined",
    "referred": "referred",
}
# Templates that answer a report; who unsubscribed gets them about what they report later.
ANSWERS: tuple[model.TemplateName, ...] = (
    "received",
    "attached",
    "already_closed",
    "referred",
    "answered",
    "outside_city",
)


def on_decision(outcome: str) -> model.TemplateName | None:
    """Return the template for the reporter of a request without a case; None when it has one."""
    return _BY_OUTCOME.get(outcome)


def on_joining(case_status: str) -> model.TemplateName:
    """Return the template for the reporter whose request was attached to a case in this status."""
    return "already_closed" if case_status in _BY_CLOSING_STATUS else "attached"


def on_move(
    case_status: str, *, has_new_lead: bool, has_question: bool = False
) -> model.TemplateName | None:
    """Return the template for all followers of a case in a new status; None for ``open``.

    Args:
        has_question: A person of the staff waits for the answer to a question.
    """
    if has_new_lead:
        return "transferred"
    if has_question and case_status == "waiting_for_resident":
        return "question"
    return _BY_STATUS.get(case_status)


def is_no_news(previous_status: str, status: str, *, is_operators: bool) -> bool:
    """Return True for a change of status that a reader knows already.

    That is a bureau's acknowledgement after a person's, and the end of a wait by a reader's answer.
    """
    if is_operators and previous_status == "waiting_for_resident":
        return status != previous_status
    return status == previous_status == "acknowledged"


def on_missed_deadline(what: str) -> model.TemplateName | None:
    """Return the template for all followers of a case that missed this deadline, or None.

    Residents expect the end of the work, and do not know the deadline to acknowledge it.
    """
    return "overdue" if what == "complete" else None


def on_closing(case_status: str) -> model.TemplateName | None:
    """Return the template for all followers of a case that closes in this status, or None."""
    return _BY_CLOSING_STATUS.get(case_status)


def on_leaving(case_status: str) -> model.TemplateName | None:
    """Return the template for the reporter whose request was split off a case, or None.

    A reporter who knows the case as closed must learn that the work continues.
    """
    return "reopened" if case_status in _BY_CLOSING_STATUS else None


@dataclass(frozen=True, slots=True)
class Membership:
    """The versions of a case at which a request was attached (None until known) and split off."""

    subject_id: str
    request_id: str
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Updates:
    """New data in a batch of events."""

    # By request id; the last event about a contact wins.
    contacts: dict[str, model.ReporterContact] = field(default_factory=dict)
    # Requests whose contact was erased; erasure is final.
    erased: set[str] = field(default_factory=set)
    # By contact and channel; the latest consent wins.
    consents: dict[tuple[str, str], ContactConsent] = field(default_factory=dict)
    returned: list[ReturnedMail] = field(default_factory=list)
    # By request id; the first decision about a request wins.
    requests: dict[str, model.RequestFacts] = field(default_factory=dict)
    # By subject id and request id.
    memberships: dict[tuple[str, str], Membership] = field(default_factory=dict)
    # By key; the first event about a version wins.
    triggers: dict[model.TriggerKey, model.Trigger] = field(default_factory=dict)
    leads: dict[str, CaseLead] = field(default_factory=dict)  # by case id; the highest version wins

    @property
    def request_ids(self) -> frozenset[str]:
        """The requests with new data."""
        members = {request_id for _, request_id in self.memberships}
        return frozenset(self.contacts.keys() | self.erased | self.requests.keys() | members)

    @property
    def broadcast_cases(self) -> frozenset[str]:
        """The cases with a trigger for all their followers."""
        return frozenset(
            trigger.subject_id for trigger in self.triggers.values() if trigger.only_for is None
        )

    def set_membership(
        self,
        subject_id: str,
        request_id: str,
        *,
        since: int | None = None,
        until: int | None = None,
    ) -> None:
        """Update a membership; None leaves a version as it was."""
        key = (subject_id, request_id)
        known = self.memberships.get(key, Membership(*key))
        self.memberships[key] = replace(
            known,
            since=known.since if since is None else since,
            until=known.until if until is None else until,
        )
