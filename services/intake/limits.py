"""Limits of HTTP calls, from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from services.intake.acceptance import AdaptiveBatchSize
from services.intake.media.reencoding import FairSemaphore
from services.intake.settings import IntakeSettings
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.api_keys import Scope
from shared.runtime.http.authentication import Callers
from shared.runtime.http.body_memory import BodyMemory
from shared.runtime.http.rate_limits import TokenBucket
from shared.runtime.postgres import Pool

# Uploads in memory at a time, each of 10 MiB at most; one caller may have half of them.
_UPLOADS: Mapping[Scope, int] = {"adapter": 16, "bureau": 4}
# Pictures in memory on their way to callers, each of some megabytes.
_DOWNLOADS = 16
_PREVIEWS = 8
# Sixteen of the largest pictures.
_PICTURE_BYTES = 160 * 1024 * 1024
# Calls at a time that each read or write by themselves: more would only wait for a connection, and
# submissions, which share a transaction, behind them.
_SINGLY = 16


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Admission control by kind of call, each with a rate.

    Attributes:
        submissions: Also for whole bulk calls.
        singly: Calls that read or write alone; each takes a slot of ``submissions`` as well.
        uploads: Pictures of callers with a key, by scope.
        downloads: Pictures on their way to callers, by address.
        memory: Pictures of callers without a key, by address.
        previews: Previews on the pages while residents write, by address.
    """

    submissions: AdmissionControl
    singly: AdmissionControl
    uploads: Mapping[Scope, AdmissionControl]
    downloads: FairSemaphore
    memory: BodyMemory
    previews: AdmissionControl

    @classmethod
    def of(cls, settings: IntakeSettings, batch_size: AdaptiveBatchSize) -> Self:
        """Return the limits; slots for submissions follow the size of transactions."""
        per_second = settings.accepts_per_second
        submissions = AdmissionControl(
            lambda: batch_size.max_in_flight,
            TokenBucket(per_second),
            caller_share=_key_per_second(settings) / per_second,
        )

        def control(
            slots: int, caller_share: float, within: AdmissionControl | None = None
        ) -> AdmissionControl:
            return AdmissionControl(lambda: slots, TokenBucket(per_second), caller_share, within)

        return cls(
            submissions,
            control(_SINGLY, 0.5, submissions),
            {scope: control(slots, 0.5) for scope, slots in _UPLOADS.items()},
            FairSemaphore(_DOWNLOADS),
            BodyMemory(_PICTURE_BYTES),
            control(_PREVIEWS, 0.25),
        )


def callers_of(settings: IntakeSettings, lookups: Pool) -> Callers:
    """Return the authentication and rate limiter of callers."""
    return Callers.of(
        lookups,
        key_per_second=_key_per_second(settings),
        bureau_per_second=settings.bureau_per_second,
        address_per_second=settings.address_per_second,
        proxies=settings.trusted_proxies,
    )


def _key_per_second(settings: IntakeSettings) -> int:
    return settings.key_per_second or max(1, settings.accepts_per_second // 2)
