"""Reading in confined processes: the same as anywhere, and plainly where that is too much."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from services.intake.channels.mail.reading import MailReader, MailReadingError
from services.intake.channels.mail.rules.message import read_mail, read_plainly
from shared.runtime.confined.pool import ConfinedPool
from tests.support.intake.mail_corpus.attacks import ATTACKS
from tests.unit.intake.channels.mail.test_corpus import CORPUS

DIES_IF = """
import os
from services.intake.channels.mail.worker import LIMITS, answer
from shared.runtime.confined.worker import serve
serve(lambda job: os._exit(1) if {} else answer(job), LIMITS)
"""


@asynccontextmanager
async def reader(dies_if: str = "") -> AsyncGenerator[MailReader]:
    """A reader, whose processes die at some jobs."""
    command = (sys.executable, "-I", "-c", DIES_IF.format(dies_if))
    pool = ConfinedPool(command, 2, 60, 100_000_000)
    reader = MailReader(pool) if dies_if else MailReader()
    try:
        yield reader
    finally:
        await reader.pool.close()


async def test_every_message_of_the_corpus_is_read_as_without_confinement() -> None:
    hostile = [attack(2_000) for attack in ATTACKS.values()]
    messages = [(case.content, case.return_path) for case in CORPUS]
    messages += [(content, "ana@example.org") for content in hostile]
    async with reader() as confined:
        differ = [one for one in messages if await confined.read(*one) != read_mail(*one)]

    assert not differ


async def test_a_message_whose_process_dies_is_read_plainly() -> None:
    content = CORPUS[1].content
    async with reader("""b'"plainly": false' in job""") as confined:
        assert await confined.read(content, "a@b.example") == read_plainly(content, "a@b.example")


async def test_a_message_that_no_process_reads_stays_with_its_sender() -> None:
    async with reader("True") as confined:
        with pytest.raises(MailReadingError):
            await confined.read(b"", "")
