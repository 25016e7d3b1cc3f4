"""Errors named by what must happen to the message that met them."""

from typing import ClassVar


class Route311Error(Exception):
    """Root of every error that this project raises on purpose.

    ``code`` is the stable name that logs, metrics and dead letters carry; the text is for people
    and names fields, never their values.
    """

    code: ClassVar[str] = "route311_error"


class PermanentError(Route311Error):
    """The same message will fail again: park it in the dead-letter topic and go on."""

    code = "permanent"


class TransientError(Route311Error):
    """The same message may succeed later: try it again, in order, before any other."""

    code = "transient"


class SystemicError(Route311Error):
    """Nothing can be handled now, whatever the message: stop consuming until it is over."""

    code = "systemic"


class UndecodableEventError(PermanentError):
    """The bytes are no event that ``shared.contract.events`` knows."""

    code = "undecodable_event"


class UnknownTypeError(PermanentError):
    """A well-formed CloudEvent of a type that the topic does not carry."""

    code = "unknown_type"


class UnknownVersionError(PermanentError):
    """A well-formed CloudEvent of a known type in a version that nobody here reads."""

    code = "unknown_version"


class TooLargeError(PermanentError):
    """The record is larger than a reader accepts."""

    code = "too_large"


class DatabaseBusyError(TransientError):
    """PostgreSQL gave this transaction up in favour of another."""

    code = "database_busy"


class DatabaseDownError(SystemicError):
    """PostgreSQL is away, starting, stopping or out of space."""

    code = "database_down"


class StoppedError(Route311Error):
    """The process was asked to stop while it waited; what it was doing changed nothing."""

    code = "stopped"


class TooManyDeadLettersError(Route311Error):
    """A consumer would park so much that the fault is its own; a person must look first."""

    code = "too_many_dead_letters"


class FencedError(Route311Error):
    """Another member owns the partition by now; what this one was doing changed nothing."""

    code = "fenced"
