"""One day on a running router, from the first report to the summary's figures."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from rich.console import Console

from cli.demo.report.live import shown
from cli.demo.report.outcome import Outcome, StatusPage
from cli.demo.report.summary import print_summary
from cli.demo.run.facts import Facts
from cli.demo.run.figures import requests_of
from cli.demo.run.handing_in import Clock, Ways
from cli.demo.run.runner import DemoRunner, Progress
from cli.demo.run.watching import Watch, beginning, watched
from cli.demo.scenario import Day, camps
from cli.demo.scenario.writing import CITY
from deploy.local.stack_file import Stack
from shared.catalogue import Jurisdiction, load_catalogue
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import follow

LONGEST_S = 20.0
PER_S = 110.0
_ADAPTER = "demo"


async def play_on(stack: Stack, day: Day, console: Console, data: Path, *, keep: bool) -> int:
    """Play the day and print the summary.

    Returns:
        How much of what was handed in got lost.
    """
    city = load_catalogue().jurisdictions[CITY]
    progress = Progress(day, Facts(), Clock(day.deliveries[0].handed_in_at))
    async with _intake(stack) as session:
        async with shown(console, progress, city):
            await _play(stack, progress, city, session)
        page = await _status_page(session, stack, day, progress.facts)
    mails = len(list(stack.mail_folder.glob("*.eml")))
    outcome = Outcome(
        day, progress.facts, city, stack, data, mails, page, progress.took_s, stays=keep
    )
    print_summary(console, outcome)
    return outcome.lost


async def _play(
    stack: Stack, progress: Progress, city: Jurisdiction, session: aiohttp.ClientSession
) -> None:
    topics = watched(city.bureaus)
    since = await beginning(stack.kafka, topics)
    async with open_sink(stack.kafka) as sink, follow(stack.kafka, since) as tail:
        watch = Watch(topics, progress.facts)
        stage = DemoRunner(progress, watch, Ways(sink, session, progress.facts), sink)
        await stage.play(tail, min(LONGEST_S, len(progress.day.deliveries) / PER_S))


@asynccontextmanager
async def _intake(stack: Stack) -> AsyncGenerator[aiohttp.ClientSession, None]:
    headers = {"Authorization": f"Bearer {stack.keys.adapters[_ADAPTER]}"}
    async with aiohttp.ClientSession(stack.intake, headers=headers) as session:
        yield session


async def _status_page(
    session: aiohttp.ClientSession, stack: Stack, day: Day, facts: Facts
) -> StatusPage | None:
    requests = requests_of(facts, day.of_story(camps.CAMP))
    if not requests or requests[0] not in facts.requests:
        return None
    path = f"/v1/requests/{facts.requests[requests[0]].tracking_number}"
    async with session.get(path, headers={"Accept-Language": "en"}) as response:
        return StatusPage(f"{stack.intake}{path}", await response.json())
