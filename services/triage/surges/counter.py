"""The surge watcher's books: who was heard where and when, and which surges follow from it.

Whatever is taken in twice, by a replay or after a crash, comes out as if it came once.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import TypeAlias

from services.triage.surges.detection import SLOTS_PER_HOUR, slot_of
from services.triage.surges.distinct_count import add_reporter, pack, reporter_hash
from services.triage.surges.state import SurgeKey, SurgeState, TrackedSurge
from services.triage.surges.tracker import SurgeCity, SurgeTracker
from shared.contract.events import Request

Table: TypeAlias = MutableMapping[bytes, bytes]


class SurgeCounter:
    """Takes requests in, in any order and however often, and says which surges follow."""

    def __init__(self, ledgers: Table, voices: Table, cities: Mapping[str, SurgeCity]) -> None:
        self._ledgers = ledgers
        self._voices = voices
        self._cities = cities

    def count(self, request: Request, partition: int) -> bool:
        """Count a request; tell whether something about its patch is to be told."""
        if request.jurisdiction not in self._cities:
            return False
        patch, slot = SurgeKey.of(request, partition), slot_of(request.observed_at)
        before = self._ledgers.get(patch.table_key)
        account = self._account(patch, before or _fresh(slot))
        if slot < account.ledger.settled:
            return account.ledger.unpublished
        account.record_slot(slot)
        self._sweep(patch, account, account.ledger.newest)
        if slot >= account.ledger.settled:
            self._hear(patch, slot, account, request.reporter_ref or request.request_id)
            account.detect_start(slot)
        self._keep(patch, account, before)
        return account.ledger.unpublished

    def advance(self, patch: SurgeKey, now: datetime) -> bool:
        """Let time pass at a patch; tell whether something about it is to be told."""
        before = self._ledgers[patch.table_key]
        account = self._account(patch, before)
        account.detect_end(slot_of(now))
        self._sweep(patch, account, slot_of(now))
        if account.ledger.is_empty:
            del self._ledgers[patch.table_key]
        else:
            self._keep(patch, account, before)
        return account.ledger.unpublished

    def keys(self) -> Iterator[SurgeKey]:
        """Yield every patch of which something is known."""
        for key in list(self._ledgers):
            yield SurgeKey.parse(key)

    def unpublished(self, patch: SurgeKey) -> list[TrackedSurge]:
        """Return the surges of a patch of which something is still to be told, oldest first."""
        ledger = SurgeState.model_validate_json(self._ledgers[patch.table_key])
        return [surge for surge in ledger.surges if surge.unpublished]

    def is_open(self, patch: SurgeKey) -> bool:
        """Tell whether there is a surge at a patch that is not over."""
        kept = self._ledgers.get(patch.table_key)
        return kept is not None and SurgeState.model_validate_json(kept).open is not None

    def mark_published(self, patch: SurgeKey, surge: TrackedSurge) -> None:
        """Note that all that is known of a surge was told."""
        before = self._ledgers[patch.table_key]
        account = self._account(patch, before)
        for kept in account.ledger.surges:
            if kept.began == surge.began:
                kept.published = max(kept.published, surge.events_due)
        self._keep(patch, account, before)

    def _account(self, patch: SurgeKey, kept: bytes) -> SurgeTracker:
        ledger = SurgeState.model_validate_json(kept)
        return SurgeTracker(patch, ledger, self._voices, self._cities[patch.jurisdiction])

    def _hear(self, patch: SurgeKey, slot: int, account: SurgeTracker, name: str) -> None:
        heard = add_reporter(account.reporters(slot), reporter_hash(name))
        if heard is not None:
            self._voices[patch.slot_key(slot)] = pack(heard)

    def _sweep(self, patch: SurgeKey, account: SurgeTracker, now: int) -> None:
        """Delete what was let go of by an earlier sweep, which the table knows of by now."""
        for slot in account.ledger.over:
            self._voices.pop(patch.slot_key(slot), None)
        account.ledger.over = []
        account.expire(now)

    def _keep(self, patch: SurgeKey, account: SurgeTracker, before: bytes | None) -> None:
        after = account.ledger.model_dump_json().encode()
        if after != before:
            self._ledgers[patch.table_key] = after


def _fresh(slot: int) -> bytes:
    return SurgeState(since=slot // SLOTS_PER_HOUR, newest=slot).model_dump_json().encode()
