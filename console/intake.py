"""Client of intake: as an operator, and as the adapter ``desk``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.api import ApiAnswer, ServiceApi


@dataclass(frozen=True, slots=True)
class IntakeApi(ServiceApi):
    """Calls of intake.

    Attributes:
        city: Id of the city whose residents call.
        desk_key: Key of the adapter ``desk``; that of the session is an operator's.
        pages: The process with the residents' pages, for the map and places.
    """

    city: str
    desk_key: str
    pages: ServiceApi

    async def preview(self, submission: Mapping[str, Any]) -> ApiAnswer:
        """Preview a submission, which may lack anything."""
        return await self._as_desk("/v1/submissions/preview", submission)

    async def submit(self, submission: Mapping[str, Any], id_: str) -> ApiAnswer:
        """Submit a report; the same id is the same report."""
        return await self._as_desk("/v1/submissions", submission, {"Idempotency-Key": id_})

    async def _as_desk(
        self, path: str, submission: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> ApiAnswer:
        return await self.repeat(
            "POST",
            path,
            json={**submission, "jurisdiction": self.city},
            headers={"Authorization": f"Bearer {self.desk_key}", **(headers or {})},
        )
