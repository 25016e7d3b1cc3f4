"""Registry of topics: owner, key, readers, events and retention of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.contract import events as e

DAY = timedelta(days=1)
MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Largest record that a topic accepts: an oversized submission fits into its dead letter."""
DEAD_LETTERS = "-dlq"
"""Suffix of dead-letter topics."""
LANE_PARTITIONS = 12
BUREAU_PARTITIONS = 1


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with one owner.

    Attributes:
        name: Name on the broker; no dots, since metrics merge ``.`` and ``_``.
        owner: The only writer: a service, ``adapters``, ``operators`` or a bureau.
        key: Meaning of the record key; records with the same key keep their order.
        readers: Services that consume it; each writes poison messages to its ``-dlq`` topic.
        events: Event classes that it carries.
        retention: Time that records are kept; None means compacted.
        partitions: Number of partitions.
        erasure: Event that a tombstone stands for; None where every record has a value.
    """

    name: str
    owner: str
    key: str
    readers: tuple[str, ...]
    events: tuple[type[e.Event], ...]
    retention: timedelta | None
    partitions: int = LANE_PARTITIONS
    erasure: type[e.ContactErased] | None = None

    @property
    def from_outside(self) -> bool:
        """True when programs outside the router write to it."""
        return self.owner not in {"intake", "triage", "dispatch", "notify"}

    @property
    def dead_letters(self) -> "Topic | None":
        """The dead-letter topic; None when no service reads this topic."""
        if not self.readers:
            return None
        return Topic(
            name=f"{self.name}{DEAD_LETTERS}",
            owner="the reader",
            key=self.key,
            readers=(),
            events=(),
            retention=30 * DAY,
            partitions=1,
        )


CHANNEL_SUBMISSIONS = Topic(
    "channel-submissions", "adapters", "adapter id", ("intake",), (e.SubmissionReceived,), 7 * DAY
)
INTAKE_RECEIPTS = Topic(
    "intake-receipts",
    "intake",
    "adapter id",
    (),
    (e.SubmissionAccepted, e.SubmissionRejected),
    7 * DAY,
)
INTAKE_REQUESTS = Topic(
    "intake-requests", "intake", "dedup key", ("triage",), (e.RequestSubmitted,), 30 * DAY
)
INTAKE_REQUESTS_EXPRESS = Topic(
    "intake-requests-express", "intake", "dedup key", ("triage",), (e.RequestSubmitted,), 30 * DAY
)
INTAKE_CONTACTS = Topic(
    "intake-contacts",
    "intake",
    "request id",
    ("notify",),
    (e.ContactGiven,),
    None,
    erasure=e.ContactErased,
)
TRIAGE_DECISIONS = Topic(
    "triage-decisions",
    "triage",
    "case id, or request id without a case",
    ("dispatch", "notify", "intake"),
    (e.RequestTriaged,),
    60 * DAY,
)
TRIAGE_SURGES = Topic(
    "triage-surges",
    "triage",
    "dedup group and district",
    ("triage",),
    (e.SurgeStarted, e.SurgeEnded),
    30 * DAY,
    partitions=3,
)
DISPATCH_CASES = Topic(
    "dispatch-cases",
    "dispatch",
    "case id",
    ("notify", "intake"),
    (
        e.CaseOpened,
        e.CaseRequestAttached,
        e.CaseStatusChanged,
        e.CasePriorityRaised,
        e.CasePriorityLowered,
        e.CaseRequestSplit,
        e.CaseClosed,
        e.CaseReopened,
    ),
    400 * DAY,
)
DISPATCH_CLOSINGS = Topic(
    "dispatch-closings",
    "dispatch",
    "dedup key",
    ("triage",),
    (e.CaseClosed, e.CaseRequestSplit, e.CaseReopened),
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
    "contact hash",
    (),
    (
        e.NotificationSent,
        e.NotificationFailed,
        e.NotificationSuppressed,
        e.NotificationUnknown,
    ),
    90 * DAY,
)

CORE = (
    CHANNEL_SUBMISSIONS,
    INTAKE_RECEIPTS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    INTAKE_CONTACTS,
    TRIAGE_DECISIONS,
    TRIAGE_SURGES,
    DISPATCH_CASES,
    DISPATCH_CLOSINGS,
    OPERATOR_COMMANDS,
    NOTIFY_DELIVERIES,
)


def bureau_work(code: str) -> Topic:
    """Return the topic of a bureau's work orders."""
    return Topic(
        f"bureau-{code.lower()}-work",
        "dispatch",
        "case id",
        (),
        (e.WorkOrderIssued, e.WorkOrderChanged, e.WorkOrderWithdrawn),
        30 * DAY,
        BUREAU_PARTITIONS,
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
    )


def all_topics(bureaus: Iterable[str]) -> Sequence[Topic]:
    """Return every topic of a router with these bureaus, dead-letter topics included."""
    of_bureaus = [
        topic(code) for code in bureaus for topic in (bureau_work, bureau_updates, bureau_receipts)
    ]
    live = [*CORE, *of_bureaus]
    return [*live, *(dead for topic in live if (dead := topic.dead_letters))]


def dedup_key(jurisdiction: str, dedup_group: str) -> str:
    """Return the dedup key: all reports that may describe the same problem share it."""
    return f"{jurisdiction}:{dedup_group}"
