"""T41: no call of a stranger costs much of a service's event loop or memory, on any route."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count, cycle
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest

from tests.hostile.measuring import TABLES, judge, loop_cpu_ms
from tests.hostile.target import SERVICES, Target
from tests.hostile.test_slow_callers import P99_S, measure
from tests.support.doors import (
    BUDGETS_MS,
    FORM,
    LISTENERS_MS,
    MOST_MS,
    MOST_MS_PER_MIB,
    PARTS,
    UNLISTED,
    WITHOUT_TOKEN,
    Attack,
    attacks,
    call,
    endless,
    mail_lines,
    operations,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

ATTEMPTS = 4
"""The least of them counts: others hold a collection of garbage or a task of the service's own."""
ANSWER_WITHIN_S = 5.0
CHUNKS = 64
MIB = 1024 * 1024
ATTACKERS, EVERY_S = 4, 0.02
HOLDERS = 250
HELD_S = 3.0
MOST_BYTES = 50_000_000
MOST_CALLS, AT_ONCE = 1_000, 50
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
_SOURCES = count()

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Cost(NamedTuple):
    """What a call cost, in ms of CPU of the event loop."""

    ms: float
    status: int
    what: str


async def connect(base: str, source: str | None = None) -> Connection:
    """Connect from an address of this machine that nobody used before, or from a given one."""
    if source is None:
        number = next(_SOURCES)
        source = f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"
    at = urlsplit(base)
    return await asyncio.open_connection(at.hostname, at.port, local_addr=(source, 0), limit=MIB)


async def exchange(base: str, sent: bytes, source: str | None = None) -> int:
    """Send bytes; return the status of the answer once all of it came, 0 without one."""
    reader, writer = await connect(base, source)
    head, body = b"", b""
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(ANSWER_WITHIN_S):
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head.lower())
            body = await reader.readexactly(int(length[1]) if length else 0)
    writer.close()
    return int(head.split()[1]) if head[:5] == b"HTTP/" or body else 0


async def cost(base: str, pid: int, attack: Attack, most_ms: float) -> Cost:
    """Return what a call costs: the least of some attempts."""
    least, status = float("inf"), 0
    for _ in range(ATTEMPTS):
        began = loop_cpu_ms(pid)
        status = await exchange(base, attack.sent)
        least = min(least, loop_cpu_ms(pid) - began)
        if least <= most_ms / 2:
            break
    return Cost(least, status, attack.what)


async def document(target: Target, service: str) -> Any:
    return json.loads((await target.get(service, "/openapi.json"))[1])


@pytest.mark.parametrize("service", SERVICES)
async def test_no_call_of_a_stranger_costs_much_cpu(target: Target, service: str) -> None:
    before, pid, base = target.pids(), target.router.pid_of(service), target.bases[service]
    assert pid
    rows, over, worst = [], [], (0.0, "")
    listed = list(operations(await document(target, service)))
    assert set(listed) == BUDGETS_MS[service].keys()
    for operation in (*listed, *UNLISTED):
        budget = BUDGETS_MS[service].get(operation, MOST_MS)
        costs = [await cost(base, pid, attack, budget) for attack in attacks(operation)]
        slowest = max(costs)
        worst = max(worst, (slowest.ms, f"{operation}, {slowest.what}"))
        faults = [one for one in costs if one.status >= 500 or one.ms > budget]
        over += [f"{operation}: {one.ms:.1f} ms, {one.status}, {one.what}" for one in faults]
        rows.append(
            f"{service:14}{operation:60}{costs[0].ms:6.1f}{slowest.ms:7.1f}  {slowest.what}"
        )
    harm = await target.harm(before)
    TABLES.append("\n".join(["CPU a call in ms: plain, worst", *rows]))
    judge(
        f"{service}, {len(rows)} routes, headers of 8 kB and hostile bodies",
        f"{worst[0]:.1f} ms of the loop at {worst[1]}; {len(over)} over budget or 5xx, "
        f"{', '.join(harm) or 'no harm'}",
        f"{MOST_MS} ms, no 5xx",
        is_met=not over and not harm,
        why="\n".join(over),
    )


async def test_a_line_of_a_mail_session_costs_little_cpu(target: Target) -> None:
    pid, costs = target.router.pid_of("intake"), []
    assert pid
    for name, budget in LISTENERS_MS["intake"].items():
        base = f"smtp://{target.stack[name]}"
        costs += [await mail_cost(base, pid, attack, budget) for attack in mail_lines()]
    slowest = max(costs)
    judge(
        "lines of 8 kB over SMTP",
        f"{slowest.ms:.1f} ms of the loop at {slowest.what}",
        f"{MOST_MS} ms",
        is_met=slowest.ms <= MOST_MS,
    )


async def mail_cost(base: str, pid: int, attack: Attack, most_ms: float) -> Cost:
    """Return what a session of SMTP costs: the least of some attempts."""
    least = float("inf")
    for _ in range(ATTEMPTS):
        began = loop_cpu_ms(pid)
        reader, writer = await connect(base)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                writer.write(attack.sent)
                await reader.read()
        writer.close()
        least = min(least, loop_cpu_ms(pid) - began)
        if least <= most_ms / 2:
            break
    return Cost(least, 0, attack.what)


async def test_every_listener_has_a_budget(target: Target) -> None:
    unknown = []
    for service, pid in target.pids().items():
        known = {urlsplit(target.bases[service]).port}
        known |= {
            urlsplit(f"//{target.stack[name]}").port for name in LISTENERS_MS.get(service, {})
        }
        listening = psutil.Process(pid).net_connections("tcp")
        ports = {one.laddr.port for one in listening if one.status == psutil.CONN_LISTEN}
        unknown += [f"{service}: {port}" for port in sorted(ports - known)]
    judge("listeners without a budget", f"{len(unknown)}", "0", is_met=not unknown, why=unknown)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_costs_a_strangers_address_a_token(target: Target, service: str) -> None:
    """The address that calls a route again and again is refused, whatever it sends."""
    base, free = target.bases[service], []
    for operation in operations(await document(target, service)):
        if operation in WITHOUT_TOKEN:
            continue
        for sent in (call(operation), call(operation, FORM, body=b"a=b")):
            statuses = await until_refused(base, sent)
            free += [] if 429 in statuses else [f"{operation}: {sorted(statuses)}"]
    judge(f"{service}, routes without a token", f"{len(free)}", "0", is_met=not free, why=free)


async def until_refused(base: str, sent: bytes) -> set[int]:
    """Call from one address until it is refused, at most so often; return all statuses."""
    number, statuses = next(_SOURCES), set[int]()
    source = f"127.{200 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"
    for _ in range(MOST_CALLS // AT_ONCE):
        calls = [exchange(base, sent, source) for _ in range(AT_ONCE)]
        statuses |= set(await asyncio.gather(*calls))
        if 429 in statuses:
            break
    return statuses


def bodies(document: Any) -> list[tuple[str, bytes]]:
    """Return the operations that take a body, with each type of form."""
    taking = [one for one in operations(document) if not one.startswith("GET ")]
    return [(one, content_type) for one in taking for content_type in (FORM, PARTS)]


@pytest.mark.parametrize("service", ["intake", "dispatch", "notify"])
async def test_an_endless_body_costs_little_cpu(target: Target, service: str) -> None:
    before, pid, base = target.pids(), target.router.pid_of(service), target.bases[service]
    assert pid
    costs = []
    for operation, content_type in bodies(await document(target, service)):
        began = loop_cpu_ms(pid)
        sent = await send_endless(base, operation, content_type)
        spent = loop_cpu_ms(pid) - began
        budget = BUDGETS_MS[service].get(operation, MOST_MS) + MOST_MS_PER_MIB * sent / MIB
        costs.append((spent / budget, spent, sent, f"{operation} as {content_type.decode()}"))
    harm = await target.harm(before)
    share, spent, sent, where = max(costs)
    judge(
        f"{service}, {len(costs)} endless bodies",
        f"{spent:.1f} ms for {sent / MIB:.1f} MiB at {where}, {', '.join(harm) or 'no harm'}",
        f"{MOST_MS} ms and {MOST_MS_PER_MIB} ms a MiB",
        is_met=share <= 1 and not harm,
        why="\n".join(f"{s:.1f} ms, {n / MIB:.1f} MiB: {w}" for _, s, n, w in sorted(costs)[-9:]),
    )


async def send_endless(base: str, operation: str, content_type: bytes) -> int:
    """Send a body without an end until it is answered; return how many bytes were sent."""
    head, chunk = endless(operation, content_type)
    reader, writer = await connect(base)
    sent = 0
    with suppress(OSError, TimeoutError):
        writer.write(head)
        answer = asyncio.ensure_future(reader.read())
        for _ in range(CHUNKS):
            if answer.done():
                break
            writer.write(chunk)
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await writer.drain()
            sent += len(chunk)
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
    writer.close()
    return sent


@asynccontextmanager
async def holders(base: str, calls: Sequence[bytes]) -> AsyncGenerator[None]:
    """Keep many callers that sent all of a call but its last byte."""
    connections = [await connect(base) for _ in range(HOLDERS)]
    for (_, writer), sent in zip(connections, cycle(calls)):
        writer.write(sent[:-1])
    yield
    for _, writer in connections:
        writer.transport.abort()


@pytest.mark.parametrize("service", ["intake", "dispatch", "notify"])
async def test_the_bodies_of_strangers_take_little_memory(target: Target, service: str) -> None:
    before, base = target.pids(), target.bases[service]
    taken = bodies(await document(target, service))
    sent = [attack.sent for one in dict(taken) for attack in attacks(one) if is_large(attack)]
    for held in sent[:: len(sent) // 20 or 1]:
        await exchange(base, held)  # what grows once for all calls
    peaks = target.reset_peaks()
    async with holders(base, sent):
        await asyncio.sleep(HELD_S)
    grown, harm = target.growth(peaks), await target.harm(before)
    judge(
        f"{service}, {HOLDERS} callers that hold a body of up to 1 MiB, or gzip of it",
        f"{grown / 1e6:.0f} MB, {', '.join(harm) or 'no harm'}",
        "50 MB",
        is_met=grown <= MOST_BYTES and not harm,
    )


def is_large(attack: Attack) -> bool:
    return attack.what.startswith(("gzip", "1 MB"))


async def test_a_good_adapter_does_not_notice_any_of_it(target: Target) -> None:
    before, stopping = target.pids(), asyncio.Event()
    flood: Iterable[Attack] = [
        attack for one in operations(await document(target, "intake")) for attack in attacks(one)
    ]
    alone_s, _ = await measure(target)
    calls = cycle(flood)

    async def attacker() -> None:
        while not stopping.is_set():
            await exchange(target.bases["intake"], next(calls).sent)
            await asyncio.sleep(EVERY_S)

    attackers = [asyncio.create_task(attacker()) for _ in range(ATTACKERS)]
    p99_s, refused = await measure(target)
    stopping.set()
    await asyncio.gather(*attackers)
    harm = await target.harm(before)
    judge(
        f"beside {ATTACKERS} strangers who call every route of intake in every bad way",
        f"p99 {p99_s * 1000:.0f} ms ({alone_s * 1000:.0f} ms alone), {refused} refused, "
        f"{', '.join(harm) or 'no harm'}",
        "250 ms, 0",
        is_met=p99_s <= P99_S and not refused and not harm,
        why="the machine alone is too slow: void" if alone_s > P99_S else "",
    )
