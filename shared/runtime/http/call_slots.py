"""Slots of adapters' calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Self

from aiohttp import web

from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.calls import KIB
from shared.runtime.http.load_shedding import Release, adopt_slot

NDJSON = "application/x-ndjson"
MAX_PREVIEW_BYTES = 64 * KIB

# Title and detail of the 422 problem of a submission.
NOT_ACCEPTABLE = ("Not acceptable", "Fix the listed errors and resubmit with a new id.")


class CallSlot:
    """The slot of a call, from the gate or acquired later; released at the end of a block."""

    def __init__(self, request: web.Request) -> None:
        """Adopt the slot that the gate acquired for a call, if it did."""
        self._release = adopt_slot(request)
        self.is_from_gate = self._release is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._release:
            self._release()

    def take(self, admission: AdmissionControl, caller: str) -> None:
        """Acquire a slot for this caller unless there is one; RefusedError if there is none."""
        if self._release:
            return
        self._release = _acquire(admission, caller)


@contextmanager
def slot_of(admission: AdmissionControl, adapter: str) -> Iterator[None]:
    """Hold a slot for a call of this adapter; RefusedError if there is none."""
    release = _acquire(admission, adapter)
    try:
        yield
    finally:
        release()


def _acquire(admission: AdmissionControl, caller: str) -> Release:
    if refusal := admission.try_acquire(caller):
        raise RefusedError(refusal.response())
    return partial(admission.release, caller)
