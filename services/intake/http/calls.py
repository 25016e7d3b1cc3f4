"""Parts that the calls of adapters share: slots, and the problem with wrong data."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.intake.http.admission import AdmissionControl
from shared.runtime.http.callers import RefusedError

NDJSON = "application/x-ndjson"
NOT_ACCEPTABLE = (
    "Not acceptable",
    "Mend what is named under errors and hand it in again under a new id.",
)
"""Title and detail of the problem with wrong data."""


@contextmanager
def slot_of(admission: AdmissionControl, adapter: str) -> Iterator[None]:
    """Hold a slot for a call of this adapter.

    Raises:
        RefusedError: There is none.
    """
    if refusal := admission.try_acquire(adapter):
        raise RefusedError(refusal.response())
    try:
        yield
    finally:
        admission.release(adapter)
