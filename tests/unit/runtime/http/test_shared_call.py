import asyncio

from shared.runtime.http.server import SharedCall
from tests.support.waiting import eventually


class Database:
    """Is asked, and answers when it may."""

    def __init__(self) -> None:
        self.asked = 0
        self.reason: str | None = None
        self.answers = asyncio.Event()
        self.answers.set()

    async def check(self) -> str | None:
        self.asked += 1
        await self.answers.wait()
        return self.reason


async def test_callers_of_one_moment_share_a_check_and_one_who_leaves_disturbs_nobody() -> None:
    database = Database()
    database.answers.clear()
    probe = SharedCall(database.check)
    calls = [asyncio.create_task(probe()) for _ in range(50)]
    await asyncio.sleep(0)
    calls[0].cancel()
    database.answers.set()

    assert await asyncio.gather(*calls[1:]) == [None] * 49
    assert [await probe() for _ in range(50)] == [None] * 50
    assert database.asked == 1


async def test_a_check_holds_for_a_moment_alone() -> None:
    database = Database()
    probe = SharedCall(database.check)
    assert await probe() is None
    database.reason = "database: away"

    async def is_unready() -> bool:
        return await probe() == "database: away"

    await eventually(is_unready)
    assert database.asked == 2
