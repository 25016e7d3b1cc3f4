"""A scenario on a running stack, from its first submission to the result."""

from pathlib import Path

import aiohttp
from rich.console import Console

from deploy.local.stack_file import Stack
from shared.catalogue import Jurisdiction, load_catalogue
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from workbench.demo.report.live import live_view
from workbench.demo.report.result import DemoResult, StatusPage
from workbench.demo.run.bureau_ways import open_bureau_ways
from workbench.demo.run.collector import TopicCollector, collected_topics
from workbench.demo.run.mailbox import ResidentsAtMail
from workbench.demo.run.observations import Observations
from workbench.demo.run.pages import ResidentsAtPages
from workbench.demo.run.runner import DemoProgress, DemoRunner
from workbench.demo.run.submitter import EveryWaySubmitter, ReportingResidents, ScenarioClock
from workbench.demo.run.texts import SimulatedGateway, TextingResidents
from workbench.demo.scenario import Scenario
from workbench.demo.scenario.stories import CAMP
from workbench.demo.scenario.submissions import CITY

MAX_SECONDS = 20.0
DELIVERIES_PER_S = 110.0
_ADAPTER = "demo"


async def run_scenario(
    stack: Stack, scenario: Scenario, console: Console, data: Path, *, keep: bool
) -> DemoResult:
    """Run a scenario with a live view; return what became of it.

    Args:
        stack: A running router without any requests yet.
        data: Folder of the router, for the summary.
        keep: True when the router stays after the summary.
    """
    city = load_catalogue().jurisdictions[CITY]
    clock = ScenarioClock(scenario.deliveries[0].delivered_at)
    progress = DemoProgress(scenario, Observations(), clock)
    headers = {"Authorization": f"Bearer {stack.keys.adapters[_ADAPTER]}"}
    async with (
        aiohttp.ClientSession(stack.intake, headers=headers) as session,
        aiohttp.ClientSession(stack.intake, cookie_jar=aiohttp.DummyCookieJar()) as public,
    ):
        residents = _residents(stack, city, public, progress.seen)
        async with live_view(console, progress, city):
            await _run(stack, progress, city, session, residents)
        page = await _public_status(session, stack, progress)
    return DemoResult(
        scenario,
        progress.seen,
        city,
        stack,
        data,
        mails=len(list(stack.mail_folder.glob("*.eml"))) - residents.mail.asked,
        questions=residents.mail.asked,
        texts=len(list(stack.sms_folder.glob("*.json"))),
        page=page,
        took_s=progress.took_s,
        stays=keep,
    )


def _residents(
    stack: Stack, city: Jurisdiction, session: aiohttp.ClientSession, seen: Observations
) -> ReportingResidents:
    return ReportingResidents(
        ResidentsAtPages(session, seen),
        ResidentsAtMail(stack.inbound_mail, city.inbound_mail[0], stack.mail_folder, seen),
        TextingResidents(SimulatedGateway(session, stack), stack.sms_folder, seen),
    )


async def _run(
    stack: Stack,
    progress: DemoProgress,
    city: Jurisdiction,
    session: aiohttp.ClientSession,
    residents: ReportingResidents,
) -> None:
    topics = collected_topics(city.bureaus)
    since = await end_offsets(stack.access, [topic.name for topic in topics])
    async with open_sink(stack.access) as sink, follow(stack.access, since) as source:
        collector = TopicCollector(topics, progress.seen)
        submitter = EveryWaySubmitter(sink, session, residents, progress.seen)
        seconds = min(MAX_SECONDS, len(progress.scenario.deliveries) / DELIVERIES_PER_S)
        async with open_bureau_ways(stack, sink, progress.seen) as ways:
            await DemoRunner(progress, collector, submitter, ways).run(source, seconds)


async def _public_status(
    session: aiohttp.ClientSession, stack: Stack, progress: DemoProgress
) -> StatusPage | None:
    seen = progress.seen
    requests = seen.requests_from(progress.scenario.of_story(CAMP))
    if not requests or requests[0] not in seen.requests:
        return None
    path = f"/v1/requests/{seen.requests[requests[0]].tracking_number}"
    async with session.get(path, headers={"Accept-Language": "en"}) as response:
        return StatusPage(f"{stack.intake}{path}", await response.json())
