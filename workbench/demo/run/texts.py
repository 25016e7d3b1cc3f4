"""Text messages of residents, sent by a simulated gateway, and their answers to questions."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp

from deploy.local.stack_file import Stack
from shared.errors import Route311Error
from shared.runtime.http.twilio import SIGNATURE, sign
from workbench.demo.run.new_files import NewFiles
from workbench.demo.run.observations import Observations
from workbench.demo.scenario import DemoSubmission
from workbench.demo.scenario.stories import NOT_FIXED

_PATH = "/v1/channels/sms"
_AT_A_TIME = 4
_MOST_TEXTS = 5
_RETRY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_UNKNOWN: Mapping[str, str] = {"en": "I do not know", "es": "No sé"}


class RefusedTextError(Route311Error):
    """Intake did not take a text from the gateway."""

    code = "refused_text"


class SimulatedGateway:
    """The gateway of the SMS provider: delivers signed texts and returns the answers."""

    def __init__(self, session: aiohttp.ClientSession, stack: Stack) -> None:
        """Deliver texts to a router."""
        self._session = session
        self._url = f"{stack.intake}{_PATH}"
        self._number = stack.sms_number
        self._token = stack.keys.sms_token.encode()

    async def text(self, sid: str, phone: str, body: str) -> str | None:
        """Return the answer to a text; None for none.

        Args:
            sid: The text's ``MessageSid``.
            phone: The person's number, E.164.

        Raises:
            RefusedTextError: The router does not take it.
        """
        fields = {
            "MessageSid": sid,
            "From": phone,
            "To": self._number,
            "Body": body,
            "NumMedia": "0",
        }
        headers = {SIGNATURE: sign(self._token, self._url, fields.items())}
        while True:
            async with self._session.post(self._url, data=fields, headers=headers) as response:
                answer = await response.text()
                pause_s = float(response.headers.get("Retry-After", 1))
            if response.status == HTTPStatus.OK:
                return ET.fromstring(answer).findtext("Message")  # noqa: S314 - our own router's
            if response.status not in _RETRY:
                raise RefusedTextError(f"intake answered a text with HTTP {response.status}")
            await asyncio.sleep(pause_s)


class TextingResidents:
    """Residents who report by text and answer what they are asked."""

    def __init__(self, gateway: SimulatedGateway, folder: Path, seen: Observations) -> None:
        """Text by a gateway.

        Args:
            folder: Phones of all residents, a JSON file for each text that they got.
            seen: Learns which text a request began with, and answers.
        """
        self._gateway = gateway
        self._phones = NewFiles(folder, "*.json")
        self._dissatisfied: dict[str, DemoSubmission] = {}
        self._seen = seen
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    async def submit(self, submissions: Sequence[DemoSubmission]) -> None:
        """Return when every resident has answered all questions."""
        self._dissatisfied |= {
            one.data["reporter"]["phone"]: one for one in submissions if one.story == NOT_FIXED
        }
        await asyncio.gather(*map(self._report, submissions))

    async def answer_questions(self) -> None:
        """Read the texts that are new; who is not satisfied answers the first question with NO."""
        for path in self._phones.look():
            text = json.loads(path.read_bytes())
            if "?" in text["Body"] and (report := self._dissatisfied.pop(text["To"], None)):
                await self.text_again(report, "NO")

    async def text_again(self, submission: DemoSubmission, word: str) -> None:
        """Text a word to the city after a report, and keep the answer.

        Args:
            word: Such as ``STATUS``.
        """
        sid, phone = f"{message_sid(submission)}-{word}", submission.data["reporter"]["phone"]
        answer = await self._gateway.text(sid, phone, word)
        self._seen.replies[submission.source, submission.id] = answer or ""

    async def _report(self, submission: DemoSubmission) -> None:
        sid, phone = message_sid(submission), submission.data["reporter"]["phone"]
        self._seen.expect_message(sid, submission.source, submission.id)
        async with self._slots:
            answer = await self._gateway.text(sid, phone, first_text(submission))
            for count in range(1, _MOST_TEXTS):
                if not answer or "?" not in answer:
                    break
                reply = reply_to(answer, submission)
                answer = await self._gateway.text(f"{sid}-{count}", phone, reply)


def message_sid(submission: DemoSubmission) -> str:
    """Return the ``MessageSid`` of the text that a report begins with."""
    return f"SM{submission.id}"


def first_text(submission: DemoSubmission) -> str:
    """Return the words of a report, behind the place unless the report lacks a point."""
    words: str = submission.data["description"]
    return f"{submission.address}: {words}" if submission.point else words


def reply_to(question: str, submission: DemoSubmission) -> str:
    """Return a resident's answer to a question of the router.

    Args:
        question: A text with a question mark.
    """
    if "YES" in question or "SÍ" in question:
        return "NO"
    return submission.address or _UNKNOWN[submission.data["language"]]
