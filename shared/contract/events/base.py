"""The envelope of every event: CloudEvents 1.0 in structured JSON mode."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from uuid_utils import uuid7

Identity = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")
]
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def new_id() -> str:
    """Return a fresh UUIDv7: unique, and sorted by the time it was made (RFC 9562)."""
    return str(uuid7())


class Data(BaseModel):
    """What an event says; immutable.

    Readers ignore fields that they do not know, so a producer may add optional fields at any
    time. Errors name fields and never quote values, which may be personal.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Event(Data):
    """A fact that happened, named in the past tense, owned by one service.

    ``source`` and ``id`` identify it for ever; ``causationid`` is the id of the event that led
    to it, ``correlationid`` the request it is about.

    Attributes:
        time: When it happened, by the clock of the service that says so.
        traceparent: W3C trace context of the work that made it.
        data: What happened, in the model of the event's class.
    """

    subject_field: ClassVar[str]

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(default_factory=new_id)
    source: str
    type: str
    subject: str | None = None
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    causationid: str | None = None
    correlationid: str | None = None
    traceparent: str | None = None
    data: Any

    @classmethod
    def of(
        cls, data: Data, *, now: datetime, cause: "Event | None" = None, request: str | None = None
    ) -> Self:
        """Return the event that says ``data``.

        Args:
            data: What happened; an instance of the class's own data model.
            now: The present moment.
            cause: The event that led to this one; its trace is continued.
            request: The request it is about; the cause's when left out.
        """
        return cls.model_validate(
            {
                "time": now,
                "subject": getattr(data, cls.subject_field),
                "causationid": cause.id if cause else None,
                "correlationid": request or (cause.correlationid if cause else None),
                "traceparent": cause.traceparent if cause else None,
                "data": data,
            }
        )


def _usable(value: Any) -> str | None:  # noqa: ANN401 - anything may come from outside
    return value if isinstance(value, str) else None


def usable_trace(value: Any) -> str | None:  # noqa: ANN401 - anything may come from outside
    """Return a W3C traceparent that can be continued, or None for anything else."""
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


_Usable = Annotated[str | None, BeforeValidator(_usable)]
_UsableTrace = Annotated[str | None, BeforeValidator(usable_trace)]


class ForeignEvent(Event):
    """An event that somebody outside made: only its identity is checked when it is read.

    The reader judges ``time`` and ``data``, so that what is wrong with them gets an answer, while
    what has no identity at all is garbage.

    Attributes:
        data_model: What ``data`` should be.
    """

    data_model: ClassVar[type[Data]]

    id: Identity
    source: Identity
    time: Any = None
    subject: Any = None
    datacontenttype: Any = "application/json"
    causationid: _Usable = None
    correlationid: _Usable = None
    traceparent: _UsableTrace = None
    data: Any = None
