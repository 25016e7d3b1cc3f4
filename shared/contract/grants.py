"""Access rights of each principal on the broker, derived from the registry of topics.

A principal is a name that a Kafka client proves with its password or certificate. Kafka refuses
whatever is not granted here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from shared.contract.topic import DEAD_LETTERS, Topic
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS

ADAPTERS = "adapters"  # principal of the adapters that the city itself runs
OPERATOR = "operator"  # principal of operators; `operator-<name>` of one of them
CONSUMER_GROUPS: Mapping[str, Sequence[str]] = {
    "intake": ("intake", "intake-status"),
    "triage": ("triage",),
    "triage-stream": ("triage-stream",),
    "dispatch": ("dispatch",),
    "notify": ("notify",),
    "insight": ("insight",),
}
SERVICES = tuple(CONSUMER_GROUPS)  # principals of the router's processes

Operation: TypeAlias = Literal[
    "read", "write", "create", "describe", "alter", "describe_configs", "alter_configs"
]

_OWN_TOPICS: tuple[Operation, ...] = (
    "read",
    "write",
    "create",
    "alter",
    "describe_configs",
    "alter_configs",
)
_FAMILIES = ("bureau-", "adapter-", f"{OPERATOR}-")


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One operation of a principal on a name or, if ``prefixed``, all names with that prefix."""

    principal: str
    resource: Literal["topic", "group"]
    name: str
    operation: Operation
    prefixed: bool = False


def grants(topics: Iterable[Topic], operators: Collection[str] = (OPERATOR,)) -> list[Grant]:
    """Return the grants of all principals for the topics of the registry."""
    topics = list(topics)
    found = {grant for topic in topics for grant in _of_topic(topic)} | set(_of_watcher())
    outside = {grant.principal for grant in found} - {*SERVICES, OPERATOR}
    found |= {grant for principal in outside for grant in _groups_of(principal)}
    found |= {
        Grant(service, "group", group, "read")
        for service, groups in CONSUMER_GROUPS.items()
        for group in groups
    }
    shared = {grant for grant in found if grant.principal != OPERATOR}
    return sorted(
        shared | {replace(grant, principal=one) for grant in found - shared for one in operators}
    )


def principals(topics: Iterable[Topic]) -> frozenset[str]:
    """Return every principal of the registry."""
    return frozenset(grant.principal for grant in grants(topics))


def is_managed(principal: str) -> bool:
    """Return True when the registry alone decides the rules of this principal."""
    return principal in {*SERVICES, ADAPTERS, OPERATOR} or principal.startswith(_FAMILIES)


def is_operator(principal: str) -> bool:
    """Return True for the principals of operators."""
    return principal == OPERATOR or principal.startswith(f"{OPERATOR}-")


def _of_topic(topic: Topic) -> Iterator[Grant]:
    """Yield the grants of writers and readers of a topic and of its dead-letter topic.

    Dead letters are replayed through the outbox of the owner, or of the first reader where
    outsiders own the topic; that service may write to it and read its dead letters as well. It
    has written or read them all before. Operators read everything.
    """
    yield Grant(OPERATOR, "topic", topic.name, "read")
    if topic.name.endswith(DEAD_LETTERS):
        return
    for principal in {_principal(topic.owner), topic.replayed_by, *topic.more_writers}:
        yield Grant(principal, "topic", topic.name, "write")
    for principal in {*topic.readers, *topic.more_readers}:
        yield Grant(principal, "topic", topic.name, "read")
    if topic.readers:
        yield Grant(topic.replayed_by, "topic", f"{topic.name}{DEAD_LETTERS}", "read")
    for reader in topic.readers:
        yield Grant(reader, "topic", f"{topic.name}{DEAD_LETTERS}", "write")


def _principal(owner: str) -> str:
    """Return the principal of an owner, such as ``bureau-pbot-mod`` of bureau PBOT-MOD."""
    return OPERATOR if owner == "operators" else owner.lower().replace(" ", "-")


def _of_watcher() -> Iterator[Grant]:
    """Yield the surge watcher's grants on its changelogs and on triage's lag."""
    for operation in _OWN_TOPICS:
        yield Grant("triage-stream", "topic", "triage-stream-", operation, prefixed=True)
    for lane in (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS):
        yield Grant("triage-stream", "topic", lane.name, "describe")
    yield Grant("triage-stream", "group", "triage", "describe")
    yield Grant(OPERATOR, "group", "triage-stream", "describe")


def _groups_of(principal: str) -> Iterator[Grant]:
    """Yield the consumer groups of an outsider: its own name, or that name with a dotted suffix."""
    yield Grant(principal, "group", principal, "read")
    yield Grant(principal, "group", f"{principal}.", "read", prefixed=True)
