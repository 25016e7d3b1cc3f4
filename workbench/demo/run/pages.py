"""Reports by the residents' pages, as a browser without JavaScript sends them."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

import aiohttp

from shared.errors import Route311Error
from workbench.demo.run.browser import FilledForm, ShownPage, read_page
from workbench.demo.run.observations import Observations
from workbench.demo.scenario import DemoSubmission

_AT_A_TIME = 4
_MOST_STEPS = 6
_SHOWN = frozenset({HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY})
_RETRY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_HEADERS = {"Sec-Fetch-Site": "same-origin"}


class UnfinishedReportError(Route311Error):
    """The pages did not end with a tracking number."""

    code = "unfinished_report"


class ResidentsAtPages:
    """Residents who report on the pages, each with a browser of their own.

    They skip what they need not answer, and follow no case near by.
    """

    def __init__(self, session: aiohttp.ClientSession, seen: Observations) -> None:
        """Use the pages of a router.

        Args:
            session: Without a key, and without cookies.
        """
        self._session = session
        self._seen = seen
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    async def submit(self, submissions: Sequence[DemoSubmission]) -> None:
        """Return when each report has its tracking number.

        Raises:
            UnfinishedReportError: One has none at the end of its pages.
        """
        await asyncio.gather(*map(self._report, submissions))

    async def _report(self, submission: DemoSubmission) -> None:
        async with self._slots:
            number = await self._number(submission)
        self._seen.accept_name(submission.source, submission.id, number)

    async def _number(self, submission: DemoSubmission) -> str:
        wanted = form_fields(submission)
        page = await self._open(f"/report?lang={submission.data['language']}")
        for _ in range(_MOST_STEPS):
            if number := page.number:
                return number
            form = page.fill(wanted)
            if form is None:
                break
            page = await self._open(form.action, form)
        raise UnfinishedReportError(f"the pages gave a report no number: {page.faults}")

    async def _open(self, path: str, form: FilledForm | None = None) -> ShownPage:
        """Return the page of an address or of a form; send it again while the router is busy."""
        while True:
            async with self._session.request(
                "POST" if form else "GET", path, data=_body(form), headers=_HEADERS
            ) as response:
                text = await response.text()
                if response.status in _SHOWN:
                    return read_page(text)
                pause_s = float(response.headers.get("Retry-After", 1))
            if response.status not in _RETRY:
                raise UnfinishedReportError(f"{path} answered HTTP {response.status}")
            await asyncio.sleep(pause_s)


def form_fields(submission: DemoSubmission) -> dict[str, str]:
    """Return what a resident fills in, by the names of the pages' controls."""
    data, point = submission.data, submission.point
    reporter = data.get("reporter") or {}
    fields = {
        "description": data.get("description"),
        "address": submission.address,
        "latitude": str(point.latitude) if point else None,
        "longitude": str(point.longitude) if point else None,
        "service_code": data.get("service_code"),
        "name": reporter.get("name"),
        "email": reporter.get("email"),
        "status_updates": "email" if "email" in reporter else "",
    }
    return {name: value for name, value in fields.items() if value is not None}


def _body(form: FilledForm | None) -> aiohttp.FormData | None:
    if form is None:
        return None
    data = aiohttp.FormData(default_to_multipart=form.is_multipart)
    for name, value in form.fields:
        data.add_field(name, value)
    return data
