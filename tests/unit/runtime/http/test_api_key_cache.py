import asyncio

from shared.runtime.http.api_keys import TTL_S, UNKNOWN_TTL_S, ApiKeyCache, Principal

DEMO = Principal("demo", "adapter")


class Registry:
    """Knows one key until it is withdrawn, and counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.valid = {"Bearer real": DEMO}

    async def look_up(self, authorization: str) -> Principal | None:
        self.asked.append(authorization)
        return self.valid.get(authorization)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_caller_is_looked_up_once_and_then_remembered() -> None:
    registry = Registry()
    keys = ApiKeyCache(registry.look_up)

    assert [await keys.principal("Bearer real") for _ in range(3)] == [DEMO] * 3
    assert registry.asked == ["Bearer real"]


async def test_nobodys_key_is_looked_up_once_a_second() -> None:
    registry, clock = Registry(), Clock()
    keys = ApiKeyCache(registry.look_up, clock)

    assert [await keys.principal("Bearer false") for _ in range(2)] == [None, None]
    assert len(registry.asked) == 1
    clock.now = UNKNOWN_TTL_S
    registry.valid["Bearer false"] = DEMO
    assert await keys.principal("Bearer false") == DEMO
    assert await keys.principal("Bearer false") == DEMO
    assert len(registry.asked) == 2


async def test_so_many_false_keys_are_remembered_and_no_more() -> None:
    registry = Registry()
    keys = ApiKeyCache(registry.look_up, max_unknown=2)
    for number in (1, 2, 3, 1):
        await keys.principal(f"Bearer {number}")

    assert registry.asked == ["Bearer 1", "Bearer 2", "Bearer 3", "Bearer 1"]


async def test_a_key_that_was_valid_is_known_as_such_until_a_look_up_says_no() -> None:
    registry, clock = Registry(), Clock()
    keys = ApiKeyCache(registry.look_up, clock)
    assert not keys.was_valid("Bearer real")
    await keys.principal("Bearer real")
    clock.now = 100 * TTL_S
    assert keys.was_valid("Bearer real")
    assert keys.was_valid(b"Bearer real")
    assert keys.cached(b"Bearer real") is None

    registry.valid.clear()
    await keys.principal("Bearer real")
    assert not keys.was_valid("Bearer real")


async def test_a_key_of_any_bytes_has_one_hash_as_text_and_as_bytes() -> None:
    sent = b"Bearer \xff\xfe"
    registry = Registry()
    registry.valid[sent.decode(errors="surrogateescape")] = DEMO
    keys = ApiKeyCache(registry.look_up)
    await keys.principal(sent.decode(errors="surrogateescape"))

    assert keys.cached(sent) == DEMO


async def test_callers_of_one_moment_share_a_look_up_and_one_who_gives_up_disturbs_nobody() -> None:
    registry, asked, answered = Registry(), asyncio.Event(), asyncio.Event()

    async def slowly(authorization: str) -> Principal | None:
        found = await registry.look_up(authorization)
        asked.set()
        await answered.wait()
        return found

    keys = ApiKeyCache(slowly)
    calls = [asyncio.create_task(keys.principal("Bearer real")) for _ in range(5)]
    await asked.wait()
    calls[0].cancel()
    await asyncio.sleep(0)
    answered.set()

    assert await asyncio.gather(*calls[1:]) == [DEMO] * 4
    assert registry.asked == ["Bearer real"]


async def test_a_withdrawn_key_opens_no_longer_than_it_is_remembered() -> None:
    registry, clock = Registry(), Clock()
    keys = ApiKeyCache(registry.look_up, clock)
    await keys.principal("Bearer real")
    registry.valid.clear()

    clock.now = TTL_S - 0.01
    assert await keys.principal("Bearer real") == DEMO
    clock.now = TTL_S
    assert await keys.principal("Bearer real") is None
