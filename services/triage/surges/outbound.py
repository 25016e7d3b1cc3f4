"""What is said about a surge, the same whenever and however often it is said."""

from hashlib import sha256
from uuid import UUID

from services.triage.surges.detection import Window, slot_start
from services.triage.surges.state import SurgeKey, TrackedSurge
from shared.contract import events as e

_TIME_BYTES = 6  # the first six bytes of a UUIDv7 are its moment in milliseconds (RFC 9562)


def surge_events(patch: SurgeKey, surge: TrackedSurge) -> list[e.Event]:
    """Return the events about a surge that are not yet known to be on the topic, in order.

    A surge is named by its place and the window in which it began, an event by all that it says;
    its time is by the clock of the reports.
    """
    surge_id = _id_of(surge.began.first, patch.name)
    began, ended = _data(patch, surge_id, surge.began), surge.ended
    events: list[e.Event] = []
    if surge.published < 1:
        at = surge.began.until - 1
        event_id = _id_of(at, f"began {began.model_dump_json()}")
        events.append(
            e.SurgeStarted(id=event_id, subject=surge_id, time=slot_start(at), data=began)
        )
    if ended is not None:
        whole = _data(patch, surge_id, ended)
        event_id = _id_of(ended.until, f"ended {whole.model_dump_json()}")
        events.append(
            e.SurgeEnded(id=event_id, subject=surge_id, time=slot_start(ended.until), data=whole)
        )
    return events


def _data(patch: SurgeKey, surge_id: str, stretch: Window) -> e.Surge:
    return e.Surge(
        surge_id=surge_id,
        jurisdiction=patch.jurisdiction,
        dedup_group=patch.group,
        district=patch.district,
        window_start=slot_start(stretch.first),
        window_end=slot_start(stretch.until),
        count=stretch.count,
        expected=round(stretch.expected, 1),
    )


def _id_of(slot: int, text: str) -> str:
    """Return a UUIDv7 of a slot's beginning that stands for a text."""
    milliseconds = int(slot_start(slot).timestamp() * 1000)
    made = bytearray(milliseconds.to_bytes(_TIME_BYTES) + sha256(text.encode()).digest()[:10])
    made[6] = made[6] & 0x0F | 0x70  # version 7
    made[8] = made[8] & 0x3F | 0x80  # the variant of RFC 9562
    return str(UUID(bytes=bytes(made)))
