"""Error hierarchy; the base class decides the fate of the message being handled.

``PermanentError`` sends it to the dead-letter topic, ``TransientError`` retries it in order,
``SystemicError`` retries without a limit. Any other error ends the process; at the third crash
on one message, the message is dead-lettered.
"""

from typing import ClassVar


class Route311Error(Exception):
    """Base of every error that this project raises on purpose.

    ``code`` is the stable name for logs, metrics and dead letters. The text is for people; it
    names fields, never their values.
    """

    code: ClassVar[str] = "route311_error"


class PermanentError(Route311Error):
    """The same message will fail again: send it to the dead-letter topic and continue."""

    code = "permanent"


class TransientError(Route311Error):
    """The same message may succeed later: retry it, in order, before any other of its key."""

    code = "transient"


class SystemicError(Route311Error):
    """No message can be handled now: stop consuming and retry until the outage is over."""

    code = "systemic"


class UndecodableEventError(PermanentError):
    """The bytes do not decode to an event of ``shared.contract.events``."""

    code = "undecodable_event"


class UnknownTypeError(PermanentError):
    """A well-formed CloudEvent of a type that the topic does not carry."""

    code = "unknown_type"


class UnknownVersionError(PermanentError):
    """A well-formed CloudEvent of a known type in a version that this code cannot read."""

    code = "unknown_version"


class SourceNotAllowedError(PermanentError):
    """The event's source is not accepted on its topic."""

    code = "source_not_allowed"


class TooLargeError(PermanentError):
    """The record is larger than a consumer accepts."""

    code = "too_large"


class DatabaseBusyError(TransientError):
    """PostgreSQL aborted this transaction in favour of another."""

    code = "database_busy"


class DatabaseDownError(SystemicError):
    """PostgreSQL is unreachable, starting, stopping or out of space."""

    code = "database_down"


class StoppedError(Route311Error):
    """The process was asked to stop while it waited; the work in progress changed nothing."""

    code = "stopped"


class TooManyDeadLettersError(Route311Error):
    """A consumer reached its dead-letter limit: probably its own fault; an operator must look."""

    code = "too_many_dead_letters"


class FencedError(Route311Error):
    """Another consumer owns the partition by now; the work in progress changed nothing."""

    code = "fenced"
