"""The content of a message as SMTP transfers it, cut into reads anywhere."""

import asyncio
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.mail.session import (
    MAX_BYTES,
    MemoryBudget,
    RefusedContentError,
    read_content,
)

LINES = st.lists(
    st.sampled_from([b"", b".", b"..", b"x", b".x", b"x.", b"\n.", b"\r", b"\n"]), max_size=8
)


async def read(wire: bytes, cuts: list[int], budget: MemoryBudget) -> tuple[bytes, bytes]:
    """What is read of bytes that arrive in pieces, and what is left for the next command."""
    reader = asyncio.StreamReader()
    ends = sorted({cut % (len(wire) + 1) for cut in cuts} | {len(wire)})

    async def arrive() -> None:
        start = 0
        for end in ends:
            reader.feed_data(wire[start:end])
            start = end
            await asyncio.sleep(0)
        reader.feed_eof()

    arriving = asyncio.create_task(arrive())
    try:
        with budget.reservation() as memory:
            content = await read_content(reader, memory)
    finally:
        await arriving
    return content, await reader.read()


@given(LINES, st.lists(st.integers(0, 100)), st.sampled_from([b"", b"QUIT\r\n", b".\r\n"]))
def test_a_message_is_what_its_sender_wrote_wherever_it_is_cut(
    lines: list[bytes], cuts: list[int], behind: bytes
) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    budget = MemoryBudget()
    before = budget.free
    got = asyncio.run(read(stuffed + b".\r\n" + behind, cuts, budget))

    assert got == (content, behind)
    assert budget.free == before


def seconds(line: bytes) -> float:
    wire = line * (4_000_000 // len(line)) + b".\r\n"
    cuts = list(range(0, len(wire), 50_000))
    began = process_time()
    asyncio.run(read(wire, cuts, MemoryBudget()))
    return process_time() - began


def test_lines_that_end_in_a_dot_cost_little_more_than_others() -> None:
    assert seconds(b"x.\r\n") <= 5 * seconds(b"xy\r\n") + 0.1


async def test_a_message_ends_with_its_connection() -> None:
    with pytest.raises(ConnectionResetError):
        await read(b"a\r\n.", [2], MemoryBudget())


@pytest.mark.parametrize(
    ("size", "free", "status"), [(MAX_BYTES + 1, 2 * MAX_BYTES, "552"), (10_000, 5_000, "452")]
)
async def test_a_message_that_is_refused_holds_no_memory(size: int, free: int, status: str) -> None:
    budget = MemoryBudget(free)
    wire = b"x" * size + b"\r\n.\r\n"
    with pytest.raises(RefusedContentError) as refused:
        await read(wire, list(range(0, len(wire), 100_000)), budget)

    assert refused.value.status.startswith(status)
    assert budget.free == free
