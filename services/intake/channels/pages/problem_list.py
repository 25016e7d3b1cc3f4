"""Part of the list of public problems, by kind, part of town and state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias
from urllib.parse import urlencode

from services.intake.channels.listing.query import BoundingBox, Cursor, ListQuery, public_codes
from services.intake.channels.listing.store import ListedRequest, PostgresListedRequests
from services.intake.ports import IntakePorts
from services.intake.records.public import StatusChange
from shared.catalogue import Jurisdiction
from shared.geo import district_boxes
from shared.runtime.http.deadline import Deadline

STATUSES: Mapping[str, tuple[bool, ...]] = {
    "": (True, False),
    "open": (True,),
    "closed": (False,),
}
# Only some rows of a district's box lie in it: so many are read at a time, and so many times. In
# all of the city a few more are read than wanted, since some are about one problem.
_READ, _READS = 200, 5


class Filters(NamedTuple):
    """The filters of the list; an empty one selects everything."""

    service_code: str = ""
    district: str = ""
    status: str = ""

    def query(self, **more: str) -> str:
        """Return the filters, and more, as the query of an address."""
        given = self._asdict() | more
        return urlencode({name: value for name, value in given.items() if value})


Placed: TypeAlias = tuple[ListedRequest, str | None]
"""A report with its district."""


class Found(NamedTuple):
    """Part of the list, the newest first, ``after`` is where it ends."""

    requests: Sequence[Placed]
    after: Cursor | None


@dataclass(frozen=True)
class ProblemList:
    """The public problems of a city, as Open311 lists them."""

    core: IntakePorts
    city: Jurisdiction

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The kinds that are shown."""
        return public_codes(self.city)

    @cached_property
    def _requests(self) -> PostgresListedRequests:
        return PostgresListedRequests(self.core.lookups, self.core.give_public_ids)

    @cached_property
    def _boxes(self) -> Mapping[str, BoundingBox]:
        boxes = district_boxes(self.city.folder)
        return {code: BoundingBox(*sides) for code, sides in boxes.items()}

    async def find(self, filters: Filters, limit: int, after: Cursor | None) -> Found:
        """Return the newest problems, or those after a position."""
        return await Deadline().wait_for(self._read(filters, limit, after))

    async def one(self, case_id: str) -> tuple[Sequence[Placed], Sequence[StatusChange]]:
        """Return the latest report about a problem, if it is public, and what happened."""
        deadline = Deadline()
        page = await deadline.wait_for(self._requests.of_case(self.city.id, self.codes, case_id))
        changes = await deadline.wait_for(self._requests.changes([case_id] if page else []))
        return [*zip(page, self._districts_of(page), strict=True)], changes.get(case_id, [])

    async def _read(self, filters: Filters, limit: int, after: Cursor | None) -> Found:
        """Read until there are enough; of reports about one problem the newest one stands."""
        found: list[Placed] = []
        cases: set[str] = set()
        at_a_time = _READ if filters.district else limit + limit // 4
        for _ in range(_READS):
            page = await self._requests.page(
                ListQuery(
                    jurisdiction=self.city.id,
                    codes=(filters.service_code,) if filters.service_code else self.codes,
                    names_codes=bool(filters.service_code),
                    statuses=STATUSES[filters.status],
                    box=self._boxes.get(filters.district),
                    limit=at_a_time,
                    after=after,
                )
            )
            for one, district in zip(page, self._districts_of(page), strict=True):
                after = Cursor(one.submitted_at, one.request_id)
                is_here = not filters.district or filters.district == district
                if is_here and one.case_id not in cases:
                    cases |= {one.case_id} if one.case_id else set()
                    found.append((one, district))
                if len(found) == limit:
                    return Found(found, after)
            if len(page) < at_a_time:
                return Found(found, None)
        return Found(found, after)

    def _districts_of(self, page: Sequence[ListedRequest]) -> Sequence[str | None]:
        points = [one.point for one in page]
        districts = iter(self.core.districts(self.city.id, list(filter(None, points))))
        return [next(districts) if point else None for point in points]
