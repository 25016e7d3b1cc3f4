"""T36: many submissions that name one address bring its owner few mails."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest

from tests.hostile.beside import calling, good, post
from tests.hostile.measuring import judge
from tests.hostile.target import Target
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBMISSIONS = 300
AT_ONCE = 10
CAP = 20  # requests an hour that may name one contact before messages to it are held
MAILED_WITHIN_S = 60.0


async def test_300_submissions_that_name_one_address_bring_at_most_20_mails(
    target: Target,
) -> None:
    address, limit = f"{uuid4().hex}@example.org", asyncio.Semaphore(AT_ONCE)
    reporter = {"email": address, "status_updates": ["email"]}
    async with calling(target) as session:

        async def one() -> int:
            async with limit:
                return (await post(session, good(reporter=reporter)))[0]

        statuses = await asyncio.gather(*(one() for _ in range(SUBMISSIONS)))

    async def mails() -> int:
        return len([mail for mail in target.router.mails() if mail["To"] == address])

    async def all_mailed() -> bool:
        return await mails() >= SUBMISSIONS

    with suppress(TimeoutError):  # that they never come is what we want
        await eventually(all_mailed, within_s=MAILED_WITHIN_S)
    judge(
        f"mails of {statuses.count(201)} accepted submissions that name one address",
        f"{await mails()}",
        f"at most {CAP}, and more than 0",
        is_met=0 < await mails() <= CAP,
    )
