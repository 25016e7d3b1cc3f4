"""Deadlines of connections, with real sockets."""

import asyncio
import gc
import gzip
import json
import time
from contextlib import suppress
from dataclasses import replace
from time import monotonic

import pytest

from tests.support.waiting import eventually
from tests.unit.runtime.http.connection_server import LIMITS, NEVER, Server, closed, running
from tests.unit.runtime.http.raw_client import CLOSED_WITHIN_S, GET, HALF, path


async def test_a_head_that_is_late_is_a_408_and_the_end() -> None:
    before = closed("head_late")
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(HALF)
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == 408
    assert closed("head_late") == before + 1


async def test_a_head_that_trickles_is_late_too() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(HALF)

        async def answered() -> bool:
            client.send(b"a")
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    return (await client.reader.read(12)).endswith(b" 408")
            return False

        await eventually(answered, within_s=CLOSED_WITHIN_S)


async def test_a_connection_without_a_word_is_closed_without_one() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        assert await client.is_closed()


async def test_a_head_that_is_too_large_is_a_431_and_the_end() -> None:
    before = closed("head_large")
    field = b"Note: " + b"a" * 8_000 + b"\r\n"
    async with running(NEVER) as server:
        client = await server.connect()
        client.send(GET[:-2] + field * 8)
        assert await client.status(b"\r\n") == 200
        client.send(GET[:-2] + field * 9)
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["status"] == 431
    assert closed("head_large") == before + 1


@pytest.mark.parametrize("name", ["/large", "/large-from-handler"])
async def test_what_a_caller_did_not_wait_for_is_freed_without_a_collection(name: str) -> None:
    gc.disable()
    try:
        async with running(NEVER) as server:
            client = await server.connect()
            client.send(path(name))
            await client.reader.readexactly(1)
            client.writer.transport.abort()
            await eventually(lambda: is_freed(server), within_s=CLOSED_WITHIN_S)
    finally:
        gc.enable()


async def is_freed(server: Server) -> bool:
    return [response() for response in server.responses] == [None]


async def test_a_head_behind_a_request_in_progress_has_the_same_limits() -> None:
    field = b"Note: " + b"a" * 8_000 + b"\r\n"
    limits = replace(NEVER, head_s=0.2)
    before = closed("head_late")
    async with running(limits) as server:
        large, late = await server.connect(), await server.connect()
        for client in (large, late):
            server.began.clear()
            client.send(path("/wait"))
            await server.began.wait()
        large.send(GET[:-2] + field * 9)
        late.send(GET[:-2] + field)
        assert (await large.rest()).startswith(b"HTTP/1.1 431 ")
        await asyncio.sleep(0.5)
        server.go_on.set()
        assert await late.response() == (200, b"done")
        assert (await late.rest()).startswith(b"HTTP/1.1 408 ")
    assert closed("head_late") == before + 1


async def test_requests_behind_one_in_progress_are_answered_with_their_bodies() -> None:
    sent = b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n"
    async with running(NEVER) as server:
        client = await server.connect()
        client.send(path("/wait") + GET + sent)
        await server.began.wait()
        for _ in range(20):
            client.send(bytes(10_000))
            await server_has_read(server)
        server.go_on.set()
        assert [(await client.response())[0] for _ in range(2)] == [200, 200]
        assert await client.response() == (200, bytes(200_000))


async def test_blank_lines_before_a_head_do_not_end_it() -> None:
    field = b"Note: " + b"a" * 8_000 + b"\r\n"
    async with running(NEVER) as server:
        client = await server.connect()
        for blank in (b"\r\n\r", b"\n", b"\r\n\r\n"):
            client.send(blank)
            await server_has_read(server)
        assert await client.status() == 200
        client.send(b"\r\n\r\n")
        await server_has_read(server)
        client.send(GET[:-2] + field * 9)
        assert (await client.rest()).startswith(b"HTTP/1.1 431 ")


async def test_a_body_in_pieces_is_no_head_however_the_head_was_cut() -> None:
    sent = b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n"
    async with running(NEVER) as server:
        client = await server.connect()
        client.send(sent[:-2])
        await server_has_read(server)
        client.send(sent[-2:] + bytes(200_000))
        assert await client.response() == (200, bytes(200_000))


async def test_the_rest_of_a_body_that_nobody_needs_is_no_head() -> None:
    async with running(NEVER) as server:
        client = await server.connect()
        refused = b"POST /live HTTP/1.1\r\nHost: here\r\nContent-Length: 300000\r\n\r\n"
        assert await client.status(refused) == 405
        for _ in range(30):
            client.send(bytes(10_000))
            await server_has_read(server)
        assert await client.status() == 200


async def test_a_head_that_came_with_the_rest_of_a_body_is_no_part_of_the_body_after_it() -> None:
    def head(to: str) -> bytes:
        return f"POST {to} HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n".encode()

    async with running(NEVER) as server:
        client = await server.connect()
        assert await client.status(path("/known")) == 200
        assert await client.status(head("/live")) == 405
        [connection] = server.connections
        connection.data_received(bytes(200_000) + head("/echo"))
        connection.data_received(bytes(100_000))  # before the request began
        connection.data_received(bytes(100_000))
        assert await client.response() == (200, bytes(200_000))


async def server_has_read(server: Server) -> None:
    """Wait until the server has read what was sent: it then answers a later connection."""
    assert await (await server.connect()).status() == 200


async def test_the_second_head_has_its_deadline_from_its_first_byte() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        assert await client.status() == 200
        client.send(HALF)
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_at_rest_stays_open_so_long_and_no_longer() -> None:
    async with running(replace(LIMITS, idle_s=0.6)) as server:
        client = await server.connect()
        began = monotonic()
        assert await client.status() == 200
        assert await client.is_closed()
        assert monotonic() - began > 0.6


async def test_a_request_in_progress_has_no_deadline_of_its_connection() -> None:
    async with running(LIMITS) as server:
        slow, silent = await server.connect(), await server.connect()
        slow.send(path("/wait"))
        await server.began.wait()
        assert await silent.is_closed()
        server.go_on.set()
        assert await slow.response() == (200, b"done")


async def test_a_body_that_is_late_is_a_408_and_the_end() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf")
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert b"connection: close" in head.lower()
    assert json.loads(body)["status"] == 408


async def test_who_does_not_read_the_response_is_cut_off() -> None:
    before = closed("not_read")
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(path("/large"))

        async def cut_off() -> bool:
            return closed("not_read") == before + 1

        await eventually(cut_off)


@pytest.mark.parametrize("coding", [b"gzip", b"GZIP"])
@pytest.mark.parametrize(("name", "status"), [("/live", 405), ("/none", 404)])
async def test_what_is_left_of_a_compressed_body_is_not_decompressed_after_the_answer(
    name: str, status: int, coding: bytes
) -> None:
    """It has a thousand times as many bytes, and the event loop would wait for them."""
    body = gzip.compress(bytes(32 * 1024 * 1024))
    head = path(name).replace(b"GET", b"POST")[:-2]
    head += b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
    spent_s = []
    async with running(NEVER) as server:
        for _ in range(10):
            began = time.process_time()
            client = await server.connect()
            assert await client.status(head + body) == status
            assert await client.is_closed()
            spent_s.append(time.process_time() - began)

    assert min(spent_s) < 0.02  # threads of other tests work meanwhile; a body takes 0.05 s
