"""Parts that the calls of adapters share: slots, and the problem with wrong data."""

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
NOT_ACCEPTABLE = (
    "Not acceptable",
    "Mend what is named under errors and hand it in again under a new id.",
)
"""Title and detail of the problem with wrong data."""


class CallSlot:
    """The slot of a call, from the gate or taken later; the end of a block gives it back."""

    def __init__(self, request: web.Request) -> None:
        """Take over the slot that the gate gave to a call, if it did."""
        self._release = adopt_slot(request)
        self.is_from_gate = self._release is not None

    def __enter__(self) -> Self:
        """Begin the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the slot back."""
        if self._release:
            self._release()

    def take(self, admission: AdmissionControl, caller: str) -> None:
        """Take a slot for this caller unless there is one from the gate.

        Raises:
            RefusedError: There is none.
        """
        if self._release:
            return
        self._release = _acquire(admission, caller)


@contextmanager
def slot_of(admission: AdmissionControl, adapter: str) -> Iterator[None]:
    """Hold a slot for a call of this adapter.

    Raises:
        RefusedError: There is none.
    """
    release = _acquire(admission, adapter)
    try:
        yield
    finally:
        release()


def _acquire(admission: AdmissionControl, caller: str) -> Release:
    if refusal := admission.try_acquire(caller):
        raise RefusedError(refusal.response())
    return partial(admission.release, caller)
