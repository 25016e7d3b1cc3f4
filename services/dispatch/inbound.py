"""Inbound data as values of the rules: untrusted updates and commands, and requests for a case."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self, TypeAlias

from pydantic import TypeAdapter, ValidationError

from services.dispatch.policy import DispatchPolicy, NoBureauError, NotInCatalogueError
from services.dispatch.records.changes import (
    CONTROL_CHARS,
    MessageKey,
    StoredSurge,
    strip_control_chars,
)
from services.dispatch.rules.case import Case, CasePriority, CaseRequest, Problem
from services.dispatch.rules.case_requests import IncomingRequest
from services.dispatch.rules.notes import with_location
from services.dispatch.rules.operator_commands import CaseCommand, CommandRefusal
from services.dispatch.rules.routing import CaseRoute, route
from services.dispatch.rules.work_order_updates import BureauUpdate, UpdateRefusal
from shared.catalogue import ExternalAgency, Jurisdiction, ServiceType
from shared.catalogue.referral import outside_agency
from shared.contract.events import (
    Decision,
    Location,
    OperatorCommand,
    OperatorCommanded,
    PlausibleMoment,
    Priority,
    SubmittedLocation,
    SurgeEnded,
    SurgeStarted,
    WorkOrderUpdate,
    WorkOrderUpdated,
    invalid_fields,
    new_id,
)
from shared.redaction import Redactor
from shared.vocabulary import CONSOLE_KEY, ScoreReason, primary_subtag

_HTTP = "/http/"  # with the name of the key: source of what comes over HTTP
_MAX_ECHO = 100  # characters of a malformed update's field that its receipt repeats
_TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(PlausibleMoment)


@dataclass(frozen=True, slots=True)
class IncomingUpdate:
    """A bureau's update; ``key.bureau`` is the sender.

    ``work_order_id`` and ``status`` are for the receipt, as far as they can be parsed.
    """

    key: MessageKey
    event: WorkOrderUpdated
    parsed: BureauUpdate | UpdateRefusal
    work_order_id: str | None
    status: str | None

    def redacted(self, redactor: Redactor) -> Self:
        """Return the update without contact data and links, as it is stored and published.

        The bureau's topic alone keeps its own words, until their retention ends. An event id with
        contact data stays the idempotency key, and no event names it as its cause.
        """
        holds_contact = redactor.holds_contact(self.event.id)
        event = self.event.anonymous() if holds_contact else self.event
        if not isinstance(self.parsed, BureauUpdate):
            return replace(self, event=event)
        update = self.parsed
        parsed = replace(
            update,
            public_note=update.public_note and redactor.redact_note(update.public_note),
            internal_note=update.internal_note and redactor.redact_note(update.internal_note),
            reason=update.reason and redactor.redact_note(update.reason),
            media=tuple(_redacted_media(update.media, redactor)),
        )
        return replace(self, event=event, parsed=parsed)


@dataclass(frozen=True, slots=True)
class IncomingCommand:
    """An operator's command."""

    key: MessageKey
    event: OperatorCommanded
    parsed: CaseCommand | CommandRefusal

    def redacted(self, redactor: Redactor) -> Self:
        """Return the command as it is stored and published: no contact data in reason and note.

        Its id stays the cause of its effects, which marks these as corrections.
        """
        if not isinstance(self.parsed, CaseCommand):
            return self
        command = self.parsed
        parsed = replace(
            command,
            reason=redactor.redact_note(command.reason),
            note=command.note and redactor.redact_note(command.note),
            text=command.text and redactor.redact_note(command.text),
            location=_redacted_place(command.location, redactor),
        )
        return replace(self, parsed=parsed)


def _redacted_place(location: object, redactor: Redactor) -> SubmittedLocation | None:
    if not isinstance(location, SubmittedLocation):
        return None
    texts = {
        "address": location.address and redactor.redact_address(location.address),
        "details": location.details and redactor.redact_note(location.details),
    }
    return location.model_copy(update=texts)


def _redacted_media(
    media: Iterable[Mapping[str, str | None]], redactor: Redactor
) -> Iterator[Mapping[str, str | None]]:
    """Yield pictures with redacted addresses; those without anything left are dropped."""
    for medium in media:
        if url := redactor.redact_url((medium["url"] or "").translate(CONTROL_CHARS)):
            yield {"url": url}


def incoming_update(event: WorkOrderUpdated, sender: str) -> IncomingUpdate:
    """Parse an update from the topic of the bureau ``sender``."""
    data = strip_control_chars(event.data)
    return IncomingUpdate(
        key=MessageKey(event.source, event.id, sender),
        event=event,
        parsed=_parse_update(data),
        work_order_id=_echo(data, "work_order_id"),
        status=_echo(data, "status"),
    )


def incoming_command(
    event: OperatorCommanded, now: datetime, approved_by: str | None = None
) -> IncomingCommand:
    """Parse a command; its time is ``now`` where it has no valid one."""
    parsed = _parse_command(event, now)
    if approved_by and isinstance(parsed, CaseCommand):
        parsed = replace(parsed, approved_by=approved_by)
    return IncomingCommand(MessageKey(event.source, event.id), event, parsed)


def _parse_update(data: object) -> BureauUpdate | UpdateRefusal:
    try:
        update = WorkOrderUpdate.model_validate(data)
        planned = update.scheduled_for
        times = {
            "at": update.at.astimezone(UTC),
            "scheduled_for": planned and planned.astimezone(UTC),
        }
        return BureauUpdate(**(update.model_dump() | times))
    except ValidationError as error:
        return UpdateRefusal("invalid", f"Fix these fields: {invalid_fields(error)}.")


def _parse_command(event: OperatorCommanded, now: datetime) -> CaseCommand | CommandRefusal:
    try:
        command = OperatorCommand.model_validate(strip_control_chars(event.data))
    except ValidationError as error:
        return CommandRefusal("invalid", f"Fix these fields: {invalid_fields(error)}.")
    key = event.source.removeprefix(_HTTP) if event.source.startswith(_HTTP) else None
    fields = {name: getattr(command, name) for name in OperatorCommand.model_fields}
    key = None if key == CONSOLE_KEY else key
    return CaseCommand(**fields, at=_given_at(event.time, now), key=key)


def _given_at(time: object, now: datetime) -> datetime:
    if not isinstance(time, str):
        return now
    try:
        return _TIMESTAMP.validate_python(time).astimezone(UTC)
    except ValidationError:
        return now


def _echo(data: object, field: str) -> str | None:
    value = data.get(field) if isinstance(data, Mapping) else None
    return value[:_MAX_ECHO] or None if isinstance(value, str) else None


SurgeEvent: TypeAlias = SurgeStarted | SurgeEnded


def latest_surges(events: Iterable[SurgeEvent]) -> Sequence[StoredSurge]:
    """Return each surge once; an end counts more than a start, in whatever order they come."""
    latest: dict[str, StoredSurge] = {}
    for event in events:
        known = latest.get(event.data.surge_id)
        if known is None or known.ended_at is None:
            latest[event.data.surge_id] = _known_surge(event)
    return list(latest.values())


def _known_surge(event: SurgeEvent) -> StoredSurge:
    surge = event.data
    return StoredSurge(
        surge_id=surge.surge_id,
        jurisdiction=surge.jurisdiction,
        dedup_group=surge.dedup_group,
        district=surge.district,
        started_at=surge.window_start,
        ended_at=surge.window_end if isinstance(event, SurgeEnded) else None,
        report_count=surge.count,
        expected=surge.expected,
    )


def incoming_request(
    decision: Decision, case_id: str, case: Case | None, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    """Return the request of a decision, with its route and deadlines since its submission.

    The hours of the lead of ``case``, which it joins, count; None where it opens one. Raises
    ``NotInCatalogueError``, or ``NoBureauError`` where no bureau works on its kind.
    """
    submitted = decision.request
    jurisdiction, kind = policy.kind(submitted.jurisdiction, decision.service_code)
    is_unsure = submitted.unsure and kind.code == submitted.service_code
    language = primary_subtag(submitted.language) if submitted.language else None
    words = submitted.description.strip()
    request = CaseRequest(
        request_id=decision.request_id,
        case_id=case_id,
        tracking_number=decision.tracking_number,
        service_code=kind.code,
        priority=case_priority(decision.priority),
        reported_at=submitted.submitted_at,
        problem=Problem(
            service_name=kind.name.en,
            summary=words or kind.name.en,
            notes=kind.notes,
            location=submitted.location,
            attributes=submitted.attributes,
            media=submitted.media,
            dangers=decision.danger,
            kinds=submitted.kinds if is_unsure else (),
            unsure=is_unsure,
            language=language if words else "en",
        ),
        conditions=frozenset((*(decision.conditions or ()), *kind.implies)),
        language=language,
        channel=submitted.channel,
        match=decision.duplicate,
    )
    found = _route(request, jurisdiction, kind, policy, now)
    lead = case.lead_bureau if case else found.lead.bureau
    if found.notes:
        problem = replace(request.problem, notes=(*request.problem.notes, *found.notes))
        request = replace(request, problem=problem)
    duplicate_of = decision.duplicate.of_case if decision.duplicate else None
    return IncomingRequest(
        request=request,
        jurisdiction=jurisdiction.id,
        dedup_group=submitted.dedup_group,
        linked_case=None if duplicate_of == decision.case_id else duplicate_of,
        route=found,
        deadline_policy=policy.deadline_policy(jurisdiction, kind, submitted.submitted_at, lead),
        new_id=new_id,
    )


def moved_request(
    request: CaseRequest, case: Case, case_id: str, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    """Return a request that an operator moves to another case; raises as ``incoming_request``."""
    moved = replace(request, case_id=case_id, moves=request.moves + 1)
    incoming = _of_case(moved, request.service_code, case, policy, now)
    return replace(incoming, linked_case=case.case_id, moved_from=case.case_id)


def placed_request(
    request: CaseRequest, case: Case, location: Location, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    """Return a request with the route that follows from a location in the city's own land.

    Kind and priority of its case count. Raises as ``incoming_request``.
    """
    placed = replace(with_location(request, location), priority=case.priority)
    return _of_case(placed, case.service_code, case, policy, now)


def _of_case(
    request: CaseRequest, service_code: str, case: Case, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    jurisdiction, kind = policy.kind(case.jurisdiction, service_code)
    found = _route(request, jurisdiction, kind, policy, now)
    return IncomingRequest(
        request=request,
        jurisdiction=case.jurisdiction,
        dedup_group=case.dedup_group,
        linked_case=case.linked_case,
        route=found,
        deadline_policy=policy.deadline_policy(jurisdiction, kind, now, found.lead.bureau),
        new_id=new_id,
    )


def rerouted_request(
    request: CaseRequest, case: Case, policy: DispatchPolicy, now: datetime
) -> IncomingRequest:
    """Return the request that a corrected case represents, with the route of the case.

    Kind, place and priority of the case count. Raises as ``incoming_request``.
    """
    _, kind = policy.kind(case.jurisdiction, case.service_code)
    conditions = request.conditions.union(kind.implies)
    placed = replace(with_location(request, case.problem.location), conditions=conditions)
    return _of_case(replace(placed, priority=case.priority), case.service_code, case, policy, now)


def neighbour_at(
    request: CaseRequest, case: Case, location: Location, policy: DispatchPolicy
) -> ExternalAgency | None:
    """Return the neighbour in whose land a location lies; None also for an unknown kind."""
    try:
        jurisdiction, kind = policy.kind(case.jurisdiction, case.service_code)
    except NotInCatalogueError:
        return None
    outside = outside_agency(jurisdiction, kind, location.municipality, request.conditions)
    return outside.agency if outside and outside.is_neighbour else None


def _route(
    request: CaseRequest,
    jurisdiction: Jurisdiction,
    kind: ServiceType,
    policy: DispatchPolicy,
    now: datetime,
) -> CaseRoute:
    location = request.problem.location
    context = policy.routing_context(
        jurisdiction,
        kind,
        request.priority.level,
        now,
        conditions=request.conditions,
        dangers=request.problem.dangers,
        attributes=request.problem.attributes,
        location=location if isinstance(location, Location) else None,
    )
    found = route(context, jurisdiction.routing)
    if found is None:
        raise NoBureauError("service_code: the city has no part in this kind")
    return found


def case_priority(priority: Priority) -> CasePriority:
    """Return a published priority as that of a case."""
    reasons = tuple(ScoreReason(r.code, r.points, r.evidence) for r in priority.reasons)
    return CasePriority(priority.level, priority.score, reasons)
