"""Callers, the gate and the route together, as an HTTP client sees them; the keys are in memory."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

import aiohttp
import pytest
from prometheus_client import REGISTRY

from services.intake.http.admission import AdmissionControl
from services.intake.http.api import submission_routes
from services.intake.http.api_key_cache import ApiKeyCache
from services.intake.http.batching import SubmissionBatcher
from services.intake.http.callers import Callers
from services.intake.http.gate import submission_gate
from services.intake.public_status.api import status_routes
from shared.errors import DatabaseDownError
from shared.runtime.http.api_keys import Principal
from shared.runtime.http.limits import HttpLimits
from shared.runtime.http.rate_limits import TokenBucket, TokenBuckets
from shared.runtime.http.server import serve_http

KEYS = {
    "Bearer adapter": Principal("demo", "adapter"),
    "Bearer second": Principal("demo", "adapter"),
    "Bearer other": Principal("other", "adapter"),
    "Bearer bureau": Principal("PBOT", "bureau"),
}
ADAPTER, STRANGER = {"Authorization": "Bearer adapter"}, {"Authorization": "Bearer false"}
NUMBER = "/v1/requests/26-AAAA-AA"
"""Mistyped: found out without a database."""


def still() -> float:
    """A clock at which no bucket fills again."""
    return 0.0


@dataclass
class Intake:
    """Intake's HTTP without what lies behind it: a good submission gets 503, in time."""

    by_key: int = 3
    by_address: int = 3
    slots: int = 100
    proxies: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    def __post_init__(self) -> None:
        self.rate = TokenBucket(100, still)
        self.admission = AdmissionControl(lambda: self.slots, self.rate)
        self.callers = Callers(
            ApiKeyCache(self.look_up),
            TokenBuckets(self.by_key, still),
            TokenBuckets(self.by_address, still),
            [ip_network(proxy) for proxy in self.proxies],
        )

    async def look_up(self, authorization: str) -> Principal | None:
        self.asked.append(authorization)
        if self.is_down:
            raise DatabaseDownError("away")
        return KEYS.get(authorization)

    @property
    def taken(self) -> int:
        """How many tokens of the accept rate are gone."""
        return 100 - next(n for n in range(101) if not TokenBucketView(self.rate).has(n + 1))


@dataclass
class TokenBucketView:
    bucket: TokenBucket

    def has(self, count: int) -> bool:
        return TokenBucket.has_token(self.bucket) and self.bucket._tokens >= count  # noqa: SLF001 - to look without taking
