import asyncio

from services.intake.http.api_key_cache import TTL_S, ApiKeyCache
from shared.runtime.http.api_keys import Principal

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


async def test_nobodys_key_is_looked_up_each_time() -> None:
    registry = Registry()
    keys = ApiKeyCache(registry.look_up)

    assert [await keys.principal("Bearer false") for _ in range(2)] == [None, None]
    assert len(registry.asked) == 2


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
