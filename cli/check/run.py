"""A whole check: settle, read everything once, judge."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from cli.check.facts.book import FactBook, open_book
from cli.check.facts.log import LogFacts
from cli.check.facts.tables import take_tables
from cli.check.history import take_history
from cli.check.invariants import INVARIANTS
from cli.check.progress import Progress, Silence
from cli.check.report import Report, Verdict, verdict
from cli.check.wait_until_idle import wait_until_idle
from shared.catalogue import load_catalogue
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds, read_range

_REQUESTS = "SELECT count(DISTINCT request_id) FROM intake_submissions"


async def check(
    bootstrap: str,
    admin_dsn: str,
    *,
    history: Path | None = None,
    settle_s: float = 60,
    progress: Progress | None = None,
) -> Report:
    """Return whether the invariants hold of a router that nobody hands anything in to meanwhile.

    Args:
        bootstrap: The broker.
        admin_dsn: The database, as its administrator.
        history: What the client saw, as JSON Lines; without it nobody knows of submissions
            without an answer, and which poison was planted.
        settle_s: How long to wait at most for what is under way.
        progress: Hears how far it is.
    """
    began, progress = time.perf_counter(), progress or Silence()
    async with _at_rest(bootstrap, admin_dsn, settle_s, progress) as (book, bounds):
        if history is not None:
            take_history(history, book)
        records = await _take_log(bootstrap, bounds, book, progress)
        book.close_entries()
        verdicts = list(_judge(book, progress))
        (requests,) = next(book.query(_REQUESTS))
    return Report(
        holds=all(one.holds for one in verdicts),
        requests=int(requests or 0),
        records=records,
        seconds=round(time.perf_counter() - began, 2),
        invariants=verdicts,
    )


@asynccontextmanager
async def _at_rest(
    bootstrap: str, admin_dsn: str, within_s: float, progress: Progress
) -> AsyncGenerator[tuple[FactBook, OffsetRanges]]:
    """Yield what the tables say, and what the broker holds at that very time.

    A message that falls due between the two looks is published after the first one, so the tables
    are read again where the ends have moved meanwhile.
    """
    until = time.monotonic() + within_s
    while True:
        bounds = await wait_until_idle(bootstrap, admin_dsn, until - time.monotonic(), progress)
        with open_book() as book:
            progress.at("tables", 0, 1)
            await take_tables(admin_dsn, book)
            progress.at("tables", 1, 1)
            if time.monotonic() >= until or await offset_bounds(bootstrap) == bounds:
                yield book, bounds
                return


async def _take_log(
    bootstrap: str, bounds: OffsetRanges, book: FactBook, progress: Progress
) -> int:
    log = LogFacts(book, load_catalogue())
    log.take_bounds(bounds)
    ours = {p: limits for p, limits in bounds.items() if p.topic in log.topics}
    total = sum(end - first for first, end in ours.values())
    count = 0
    async with aclosing(read_range(bootstrap, ours)) as batches:
        async for records in batches:
            log.take(records)
            count += len(records)
            progress.at("log", count, total)
    return count


def _judge(book: FactBook, progress: Progress) -> Iterator[Verdict]:
    for number, invariant in enumerate(INVARIANTS):
        progress.at("invariants", number, len(INVARIANTS))
        yield verdict(invariant, book)
    progress.at("invariants", len(INVARIANTS), len(INVARIANTS))
