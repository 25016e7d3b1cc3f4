"""Cost of a request by the number of cases that the router knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from deploy.local.folder import DataFolder
from deploy.local.stack_file import Stack
from shared.runtime.postgres import Database, open_database
from workbench.bench.copies import Area, add_copies, keep_originals, settle_tables
from workbench.bench.database import database_state
from workbench.bench.end_to_end import measure_router, running_profiled_stack, to_submit
from workbench.bench.load import EAST, NORTH, SOUTH, WEST, submissions
from workbench.bench.mix import Mix
from workbench.bench.profile import Profile, profiled
from workbench.check.wait_until_idle import no_progress, wait_until_idle

_WARM_UP = 2_000
_IDLE_WITHIN_S = 120.0
_COPIES_AT_ONCE = 50
_CASES_OF_A_CITY = 10_000
"""Open cases in the area of the load; more of them lie in an area that is larger by as much."""

OnFilled = Callable[[int, int], None]
"""Called with the number of cases so far, and the number wanted."""


@dataclass(frozen=True, slots=True)
class Size:
    """Number of cases that a router knows."""

    open_cases: int
    closed_cases: int


@dataclass(frozen=True, slots=True)
class SizeRun:
    """Result of ``bench size`` for one number of cases.

    Attributes:
        requests_per_second: Rate from the submission topic to the bureaus' topics.
        disk_bytes: Bytes of tables and indexes by service and of outboxes, before the requests.
    """

    size: Size
    requests: int
    requests_per_second: float
    disk_bytes: dict[str, int]
    profile: Profile


async def measure_size(
    data: Path,
    sizes: Sequence[Size],
    requests: int,
    mix: Mix,
    on_filled: OnFilled,
    on_run: Callable[[SizeRun], None],
) -> list[SizeRun]:
    """Fill the tables of a router step by step, and send it as many requests after each step.

    The rows are copies of those that a warm-up leaves, inserted beside the services.

    Args:
        sizes: Numbers of cases, none smaller than the one before.
        requests: Number of requests after each step.
        on_filled: Called while the tables are filled.
        on_run: Called after the requests of each step.
    """
    found: list[SizeRun] = []
    async with running_profiled_stack(data) as stack, open_database(stack.postgres) as db:
        sent = await _submit(stack, 0, _WARM_UP, mix)
        filling = _Filling(db, await keep_originals(db), on_filled)
        for size in sizes:
            await filling.fill(size)
            await settle_tables(db)
            disk = (await database_state(db)).disk_bytes
            kafka = DataFolder(data).kafka
            records = to_submit(submissions(requests, after=sent, mix=mix))
            async with profiled(stack.access, stack.postgres, kafka) as profile:
                rate, _ = await measure_router(stack.access, records)
                await wait_until_idle(stack.access, stack.postgres, _IDLE_WITHIN_S, no_progress)
            sent += requests
            found.append(SizeRun(size, requests, rate, disk, profile))
            on_run(found[-1])
    return found


@dataclass(slots=True)
class _Filling:
    """Copies that were made so far.

    Attributes:
        originals: Number of cases that are copied.
        on_filled: Called after each insertion.
    """

    db: Database
    originals: int
    on_filled: OnFilled
    _last: int = 0
    _open: int = 0
    _closed: int = 0

    async def fill(self, size: Size) -> None:
        """Add copies until there are as many cases."""
        total = size.open_cases + size.closed_cases
        area = city_area(total)
        while (missing := size.closed_cases - self._closed) > 0:
            self._closed += await self._add(missing, area, closed=True)
            self.on_filled(self._open + self._closed, total)
        while (missing := size.open_cases - self.originals - self._open) > 0:
            self._open += await self._add(missing, area, closed=False)
            self.on_filled(self._open + self._closed, total)

    async def _add(self, missing: int, area: Area, *, closed: bool) -> int:
        copies = min(_COPIES_AT_ONCE, -(-missing // self.originals))
        await add_copies(self.db, self._last + 1, self._last + copies, area, closed=closed)
        self._last += copies
        return copies * self.originals


def city_area(cases: int) -> Area:
    """Return an area in which so many cases lie about as close together as a city's."""
    scale = max(1.0, sqrt(cases / _CASES_OF_A_CITY))
    height, width = NORTH - SOUTH, EAST - WEST
    south = (NORTH + SOUTH - height * scale) / 2
    west = (EAST + WEST - width * scale) / 2
    return Area(south, west, height * scale, width * scale)


async def _submit(stack: Stack, sent: int, count: int, mix: Mix) -> int:
    await measure_router(stack.access, to_submit(submissions(count, after=sent, mix=mix)))
    await wait_until_idle(stack.access, stack.postgres, _IDLE_WITHIN_S, no_progress)
    return sent + count
