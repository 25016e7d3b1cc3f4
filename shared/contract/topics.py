"""Registry of topics: owner, key, readers, events and retention of each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache

from shared.contract import events as e
from shared.contract.topic import DAY, DEAD_LETTERS, Topic, is_within

BUREAU_PARTITIONS = 1
ADAPTER_PARTITIONS = 3


CHANNEL_SUBMISSIONS = Topic(
    "channel-submissions",
    "adapters",
    "adapter id",
    ("intake",),
    (e.SubmissionReceived,),
    7 * DAY,
    other_sources=("/http", "/web", "/email", "/sms"),  # sources that intake itself assigns
    more_writers=("operator",),  # ``route311 replay`` feeds exports
)
INTAKE_RESUBMISSIONS = Topic(
    "intake-resubmissions",
    "intake",
    "adapter id",
    ("intake",),
    (e.SubmissionReceived,),
    7 * DAY,
    partitions=3,
)
INTAKE_RECEIPTS = Topic(
    "intake-receipts",
    "intake",
    "adapter id",
    (),
    (e.SubmissionAccepted, e.SubmissionRejected),
    7 * DAY,
    more_readers=("adapters",),
)
INTAKE_REQUESTS = Topic(
    "intake-requests",
    "intake",
    "dedup key",
    ("triage",),
    (e.RequestSubmitted, e.NoteAdded),
    30 * DAY,
)
INTAKE_REQUESTS_EXPRESS = replace(INTAKE_REQUESTS, name="intake-requests-express")
INTAKE_CONTACTS = Topic(
    "intake-contacts",
    "intake",
    "request id, or consent: and the contact's hash",
    ("notify",),
    (e.ContactGiven, e.ConsentChanged),
    None,
    erasure=e.ContactErased,
    compacted_within=DAY,  # an erased contact must not stay in the log for weeks
)
INTAKE_MAIL_RETURNS = Topic(
    "intake-mail-returns",
    "intake",
    "notification id",
    ("notify",),
    (e.MailReturned,),
    30 * DAY,
    partitions=1,
)
TRIAGE_DECISIONS = Topic(
    "triage-decisions",
    "triage",
    "case id, or request id without a case",
    ("dispatch", "notify", "intake", "insight"),
    (e.RequestTriaged, e.RequestReassessed, e.NoteAdded),
    60 * DAY,
)
TRIAGE_DECISIONS_EXPRESS = replace(
    TRIAGE_DECISIONS, name="triage-decisions-express", readers=("dispatch",)
)

# Topics of urgent events, which wait for no others.
EXPRESS_TOPICS = frozenset({INTAKE_REQUESTS_EXPRESS.name, TRIAGE_DECISIONS_EXPRESS.name})

TRIAGE_REPORT_COUNTS = Topic(
    "triage-report-counts",
    "triage",
    "dedup key",
    ("triage-stream",),
    (e.ReportsCounted,),
    30 * DAY,
)
TRIAGE_SURGES = Topic(
    "triage-surges",
    "triage",
    "dedup group and district",
    ("triage", "dispatch"),
    (e.SurgeStarted, e.SurgeEnded),
    30 * DAY,
    partitions=3,
    more_writers=("triage-stream",),
)
DISPATCH_CASES = Topic(
    "dispatch-cases",
    "dispatch",
    "case id",
    ("notify", "intake", "insight"),
    (
        e.CaseOpened,
        e.CaseRequestAttached,
        e.CaseStatusChanged,
        e.CasePriorityRaised,
        e.CasePriorityLowered,
        e.CaseRequestSplit,
        e.CaseClosed,
        e.CaseReopened,
        e.CaseOverdue,
        e.CaseAcknowledged,
        e.CaseAssigned,
        e.CaseNoted,
        e.CaseHeld,
        e.CaseKindChanged,
        e.CasePlaceChanged,
        e.CaseAnswered,
        e.CaseErasureOrdered,
        e.CaseApprovalRequested,
        e.CaseApprovalRefused,
    ),
    400 * DAY,
)
DISPATCH_CLOSINGS = Topic(
    "dispatch-closings",
    "dispatch",
    "dedup key",
    ("triage",),
    (
        e.CaseClosed,
        e.CaseRequestSplit,
        e.CaseReopened,
        e.CaseKindChanged,
        e.CasePlaceChanged,
    ),
    60 * DAY,
)
OPERATOR_COMMANDS = Topic(
    "operator-commands",
    "operators",
    "case id",
    ("dispatch",),
    (e.OperatorCommanded,),
    400 * DAY,
    partitions=3,
)
NOTIFY_DELIVERIES = Topic(
    "notify-deliveries",
    "notify",
    "contact hash; case id of a disclosure",
    ("insight",),
    (
        e.NotificationSent,
        e.NotificationFailed,
        e.NotificationSuppressed,
        e.NotificationUnknown,
        e.ContactDisclosed,
    ),
    90 * DAY,
)
NOTIFY_FEEDBACK = Topic(
    "notify-feedback",
    "notify",
    "case id",
    ("dispatch", "insight"),
    (e.FeedbackGiven,),
    60 * DAY,
    more_writers=("intake",),  # answers by text and on its pages
)

CORE = (
    CHANNEL_SUBMISSIONS,
    INTAKE_RESUBMISSIONS,
    INTAKE_RECEIPTS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    INTAKE_CONTACTS,
    INTAKE_MAIL_RETURNS,
    TRIAGE_DECISIONS,
    TRIAGE_DECISIONS_EXPRESS,
    TRIAGE_REPORT_COUNTS,
    TRIAGE_SURGES,
    DISPATCH_CASES,
    DISPATCH_CLOSINGS,
    OPERATOR_COMMANDS,
    NOTIFY_DELIVERIES,
    NOTIFY_FEEDBACK,
)


@cache
def bureau_work(code: str) -> Topic:
    """Return the topic of a bureau's work orders."""
    return Topic(
        f"bureau-{code.lower()}-work",
        "dispatch",
        "case id",
        (),
        (e.WorkOrderIssued, e.WorkOrderChanged, e.WorkOrderWithdrawn, e.WorkOrderReminded),
        30 * DAY,
        BUREAU_PARTITIONS,
        more_readers=(f"bureau-{code.lower()}",),
    )


def bureau_updates(code: str) -> Topic:
    """Return the topic of a bureau's updates."""
    return Topic(
        f"bureau-{code.lower()}-updates",
        f"bureau {code}",
        "case id",
        ("dispatch",),
        (e.WorkOrderUpdated,),
        30 * DAY,
        BUREAU_PARTITIONS,
    )


@cache
def bureau_receipts(code: str) -> Topic:
    """Return the topic of the receipts for a bureau's updates."""
    return Topic(
        f"bureau-{code.lower()}-receipts",
        "dispatch",
        "work order id",
        (),
        (e.UpdateAccepted, e.UpdateRefused),
        30 * DAY,
        BUREAU_PARTITIONS,
        more_readers=(f"bureau-{code.lower()}",),
    )


def adapter_submissions(adapter: str) -> Topic:
    """Return the topic of the submissions of an adapter that another organization runs."""
    return replace(
        CHANNEL_SUBMISSIONS,
        name=f"{CHANNEL_SUBMISSIONS.name}-{adapter}",
        owner=f"adapter {adapter}",
        partitions=ADAPTER_PARTITIONS,
        source=f"/{adapter}",
        more_writers=(),
    )


def adapter_receipts(adapter: str) -> Topic:
    """Return the topic of the receipts for an adapter of another organization."""
    return replace(
        INTAKE_RECEIPTS,
        name=f"{INTAKE_RECEIPTS.name}-{adapter}",
        partitions=ADAPTER_PARTITIONS,
        more_readers=(f"adapter-{adapter}",),
    )


def submission_topics(adapters: Collection[str]) -> Sequence[Topic]:
    """Return the topics from which intake consumes submissions.

    Sources of external adapters are not accepted on the shared topic.
    """
    others = tuple(f"/{adapter}" for adapter in adapters)
    shared = replace(
        CHANNEL_SUBMISSIONS, other_sources=(*CHANNEL_SUBMISSIONS.other_sources, *others)
    )
    return [shared, INTAKE_RESUBMISSIONS, *map(adapter_submissions, adapters)]


def adapters_among(topics: Iterable[str]) -> Sequence[str]:
    """Return the names of the adapters whose topics are among these."""
    beginning = f"{CHANNEL_SUBMISSIONS.name}-"
    return sorted(
        name.removeprefix(beginning)
        for name in topics
        if name.startswith(beginning) and not name.endswith(DEAD_LETTERS)
    )


def receipts_of(source: str, adapters: Collection[str]) -> Topic:
    """Return the topic of the receipts for a source, given the names of external adapters."""
    external = [name for name in adapters if is_within(source, f"/{name}")]
    return adapter_receipts(external[0]) if external else INTAKE_RECEIPTS


def all_topics(bureaus: Iterable[str], adapters: Collection[str] = ()) -> Sequence[Topic]:
    """Return every topic of a router with these bureaus and adapters, and their dead letters."""
    of_bureaus = [
        topic(code) for code in bureaus for topic in (bureau_work, bureau_updates, bureau_receipts)
    ]
    submissions = submission_topics(adapters)
    core = [topic for topic in CORE if topic not in (CHANNEL_SUBMISSIONS, INTAKE_RESUBMISSIONS)]
    live = [*submissions, *map(adapter_receipts, adapters), *core, *of_bureaus]
    return [*live, *(dead for topic in live if (dead := topic.dead_letters))]


def dedup_key(jurisdiction: str, dedup_group: str) -> str:
    """Return the dedup key: all reports that may describe the same problem share it."""
    return f"{jurisdiction}:{dedup_group}"
