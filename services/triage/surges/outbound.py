"""From a surge to its events. Ids are deterministic, so that publishing twice is idempotent."""

from services.triage.rules.derived_ids import TIME_BYTES, derived_uuid7
from services.triage.surges.detection import Window, slot_start
from services.triage.surges.state import SurgeKey, TrackedSurge
from shared.contract.events import Event, Surge, SurgeEnded, SurgeStarted


def surge_events(key: SurgeKey, surge: TrackedSurge) -> list[Event]:
    """Return the unpublished events of a surge, in order.

    A surge's id is derived from its key and its first window, an event's id from its content; event
    times are by the clock of the reports.
    """
    surge_id = _id_at(surge.began.first, key.name)
    events: list[Event] = []
    if surge.published < 1:
        started = _data(key, surge_id, surge.began)
        slot = surge.began.until - 1
        event_id = _id_at(slot, f"began {started.model_dump_json()}")
        events.append(
            SurgeStarted(id=event_id, subject=surge_id, time=slot_start(slot), data=started)
        )
    if surge.ended is not None:
        ended = _data(key, surge_id, surge.ended)
        slot = surge.ended.until
        event_id = _id_at(slot, f"ended {ended.model_dump_json()}")
        events.append(SurgeEnded(id=event_id, subject=surge_id, time=slot_start(slot), data=ended))
    return events


def _data(key: SurgeKey, surge_id: str, window: Window) -> Surge:
    return Surge(
        surge_id=surge_id,
        jurisdiction=key.jurisdiction,
        dedup_group=key.group,
        district=key.district,
        window_start=slot_start(window.first),
        window_end=slot_start(window.until),
        count=window.count,
        expected=round(window.expected, 1),
    )


def _id_at(slot: int, name: str) -> str:
    milliseconds = int(slot_start(slot).timestamp() * 1000)
    return derived_uuid7(milliseconds.to_bytes(TIME_BYTES), name.encode())
