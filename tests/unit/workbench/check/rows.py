"""Rows of facts from the services' tables in memory."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from services.dispatch.rules.case import Case
from services.insight.inbound import collect_updates
from services.insight.rules.cases import CaseVersion, fold
from services.triage.rules.dedup.model import Report
from shared.contract.events import Decoder, Event, SubmissionAccepted
from shared.contract.topics import DISPATCH_CASES, TRIAGE_DECISIONS
from tests.support.dispatch.in_memory_store import InMemoryDispatchStore as InMemoryDispatch
from tests.support.intake.fakes import InMemorySubmissions
from tests.support.notify.fakes import InMemoryNotify
from tests.support.triage.fakes import InMemoryTriageStore as InMemoryTriage
from tests.unit.workbench.check.history import Sent
from workbench.check.facts.events import micros

Rows = list[list[Any]]
WITH_WEBHOOK = "PPR-UF"
"""Bureau that gets its events by webhook and in its own system, too."""
_LATER = 1 << 60


def tables_of(
    intake: InMemorySubmissions,
    triage: InMemoryTriage,
    dispatch: InMemoryDispatch,
    notify: InMemoryNotify,
) -> dict[str, Rows]:
    return _of_intake(intake) | _of_triage(triage) | _of_dispatch(dispatch) | _of_notify(notify)


def _of_intake(intake: InMemorySubmissions) -> dict[str, Rows]:
    submissions = []
    for (identity, fingerprint), filing in intake.stored.items():
        answer = filing.receipt.decode()
        request_id = answer.data.request_id if isinstance(answer, SubmissionAccepted) else None
        digest = sha256(filing.receipt.value).digest()[:8]
        known_by = [identity.hex(), fingerprint.hex(), filing.source, filing.submission_id]
        submissions.append([*known_by, request_id, filing.receipt.event_id, digest])
    requests = [
        [r.request_id, r.jurisdiction, "given" if r.request_id in intake.with_contact else "none"]
        for r in intake.requests
    ]
    return {"intake_submissions": submissions, "intake_requests": requests}


def _of_triage(triage: InMemoryTriage) -> dict[str, Rows]:
    decisions = [
        [request_id, d.case_id, d.outcome, d.key, d.report.kind, *_match_keys(d.report)]
        for request_id, d in triage.decisions.items()
    ]
    cases = [
        [
            case.case_id,
            case.key,
            case.opening.kind,
            case.opening.request_id,
            *_match_keys(case.opening),
            micros(case.closed_at) if case.closed_at else None,
            *_state_change(triage, case.case_id),
            case.split_from,
        ]
        for case in triage.cases.values()
    ]
    return {"triage_decisions": decisions, "triage_cases": cases}


def _state_change(triage: InMemoryTriage, case_id: str) -> tuple[int, str | None]:
    change = triage.state_changes.get(case_id)
    return (change.version, change.merged_into) if change else (0, None)


def _match_keys(report: Report) -> list[Any]:
    at = report.point
    place = [at.latitude, at.longitude] if at else [None, None]
    return [micros(report.observed_at), *place, report.address, report.reporter]


def _of_dispatch(dispatch: InMemoryDispatch) -> dict[str, Rows]:
    return {
        "dispatch_cases": [_case(case) for case in dispatch.all],
        "dispatch_case_requests": [list(pair) for pair in dispatch.requests.items()],
        "dispatch_commands": [
            *(
                [taken.key.source, taken.key.id, taken.refused_as]
                for taken in dispatch.commands.values()
            ),
            ["/http/Olga", "1", "case_open"],  # its caller has the reason, and no topic
        ],
        "dispatch_work_orders": [
            [
                order.work_order_id,
                case.case_id,
                order.number,
                order.bureau,
                order.role,
                order.status,
                order.version,
                micros(order.due.acknowledge_by),
                micros(order.due.complete_by),
                " ".join(sorted(order.reminded)),
            ]
            for case in dispatch.all
            for order in case.orders
        ],
    }


def feed_and_webhooks(sent: Sequence[Sent]) -> tuple[Rows, dict[str, Rows]]:
    """Return the feed and the webhooks' tables: one bureau got all but the last by webhook."""
    events = [one for one in sent if one.topic.endswith("-work")]
    feed = [[one.data["bureau"], n, one.event_id, None] for n, one in enumerate(events, 1)]
    own = [row for row in feed if row[0] == WITH_WEBHOOK]
    calls = [[bureau, event_id, "refused"] for bureau, _, event_id, _ in own]
    calls += [[bureau, event_id, None] for bureau, _, event_id, _ in own[:-1]]
    states = ["delivered"] * (len(own) - 1) + ["parked"]
    return feed, {
        "feed_since": [[0]],
        "webhooks": [[WITH_WEBHOOK, 1, 0], ["PBOT-MOD", 0, 0]],
        "webhook_deliveries": [
            [bureau, n, state, 0] for (bureau, n, *_), state in zip(own, states, strict=True)
        ],
        "webhook_calls": calls,
    }


def forwards(sent: Sequence[Sent]) -> dict[str, Rows]:
    """Return the tables of a bureau that forwards, whose system refused one, and of a digest."""
    events = [one for one in sent if one.topic.endswith("-work")]
    ids = sorted({o.data["work_order_id"] for o in events if o.data["bureau"] == WITH_WEBHOOK})
    rows: Rows = [[id_, WITH_WEBHOOK, "sent", 0, None, 0] for id_ in ids]
    rows[0][2:5] = ["parked", 1, "refused there"]
    return {
        "forwarding": [[WITH_WEBHOOK, "open311"], ["PBOT-MOD", "digest"]],
        "settled": [[_LATER, _LATER]],
        "forwards": rows,
        "digests": [["PBOT-MOD", len(events)]],
    }


def _case(case: Case) -> list[Any]:
    priority = (case.priority.level, case.priority.score)
    head = (case.case_id, case.version, case.jurisdiction, case.status)
    return [*head, *priority, case.lead.bureau, case.request_count]


def insight(sent: Sequence[Sent]) -> dict[str, Rows]:
    """Return insight's tables after all records of the topics that it reads."""
    events: list[Event] = []
    changes: dict[str, list[CaseVersion]] = defaultdict(list)
    for topic in (TRIAGE_DECISIONS, DISPATCH_CASES):
        decoder: Decoder[Any] = Decoder(topic.events)
        values = [one.value for one in sent if one.topic == topic.name and one.service]
        events += [decoder.decode(value) for value in values]
    updates = collect_updates(events)
    for change in updates.changes.values():
        changes[change.case_id].append(change)
    ids = updates.decided.keys() | updates.memberships.keys()
    requests = [
        [id_, member.case_id if (member := updates.memberships.get(id_)) else None, 1]
        for id_ in ids
    ]
    cases = [
        [case.case_id, len(known), case.status, case.level, case.bureau]
        for known in changes.values()
        for case in [fold(known)]
    ]
    return {"insight_requests": requests, "insight_cases": cases}


def _of_notify(notify: InMemoryNotify) -> dict[str, Rows]:
    deliveries = []
    for row in notify.rows:
        delivery = row.stored.delivery
        subject = [delivery.trigger.subject_id, delivery.trigger.version]
        kept = [row.stored.notification_id, delivery.person, *subject, delivery.channel, row.state]
        deliveries.append([*kept, delivery.request_id])
    requests = [
        [request_id, bool(known.mailbox or known.name)]
        for request_id, known in notify.contacts.items()
    ]
    sealed = [[request_id, True] for request_id, readable in requests if readable]
    return {
        "notify_deliveries": deliveries,
        "notify_requests": requests,
        "notify_sealed": sealed,
    }
