"""Pictures of text messages: fetched once from the gateway, after the answer to the text.

Each waits in a row of its own, which goes in the transaction that adds the picture to its request;
so a crash loses none, and adds none twice. What cannot be fetched is left out.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
import structlog

from services.intake.channels.sms.rules import pictures
from services.intake.channels.sms.store import WaitingPicture, claim_picture, remove_picture
from services.intake.pictures import MAX_BYTES, RefusedPictureError, media_url
from services.intake.ports import IntakePorts
from services.intake.records.notes import NoteWords
from services.intake.records.submissions import Uploader
from shared.contract.events.notes import NoteAuthor
from shared.runtime.http.client import AddressNotAllowedError, JudgedCalls
from shared.runtime.ops.shutdown import WokenWork, cancel_on_stop
from shared.runtime.postgres import transaction

log = structlog.get_logger()

_UPLOADER = "sms"
_WORDS = "(picture)"
_WITHIN_S = 30.0
_IDLE_S = 15.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200


class LeftOutError(Exception):
    """A picture that no other try can get."""


class LaterError(Exception):
    """A picture that another try may get."""


@dataclass(frozen=True, slots=True)
class PictureSource:
    """Fetches pictures from the gateway's hosts."""

    calls: JudgedCalls
    hosts: Collection[str]
    # Credentials for the host of the first address alone, as a header.
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    within_s: float = _WITHIN_S  # timeout of a fetch with its redirects, seconds

    async def fetch(self, url: str) -> bytes:
        """Return the bytes at an address, or raise ``LeftOutError`` or ``LaterError``."""
        try:
            async with asyncio.timeout(self.within_s):
                return await self._follow(url)
        except AddressNotAllowedError:
            raise LeftOutError("address_not_allowed") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise LaterError(type(error).__name__) from None

    async def _follow(self, url: str) -> bytes:
        target = url
        for _ in range(1 + pictures.MAX_REDIRECTS):
            if not pictures.is_fetchable(target, self.hosts):
                raise LeftOutError("host_not_allowed")
            login = self.login if pictures.is_same_host(target, url) else {}
            async with self.calls.request(
                "GET", target, {"Accept-Encoding": "identity", **login}
            ) as answer:
                if answer.status not in _REDIRECTS:
                    return await _content(answer)
                target = pictures.redirected(target, answer.headers.get("Location", ""))
        raise LeftOutError("too_many_redirects")


async def _content(answer: aiohttp.ClientResponse) -> bytes:
    if answer.status != _OK:
        error = LaterError if pictures.is_temporary(answer.status) else LeftOutError
        raise error(f"status_{answer.status}")
    content = bytearray()
    while chunk := await answer.content.read(MAX_BYTES + 1 - len(content)):
        content += chunk
        if len(content) > MAX_BYTES:
            raise LeftOutError("too_many_bytes")
    return bytes(content)


@dataclass(frozen=True, slots=True)
class PictureFetcher:
    """Fetches the pictures that wait."""

    core: IntakePorts
    source: PictureSource
    clock: Callable[[], datetime]
    _fetching: WokenWork = field(default_factory=lambda: WokenWork(_IDLE_S), init=False)

    def wake(self) -> None:
        """Look for a picture now."""
        self._fetching.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Fetch pictures until asked to stop."""
        await self._fetching.run(
            stopping,
            lambda: cancel_on_stop(stopping, self.fetch_one()),
            lambda error: log.warning("sms_pictures_postponed", code=error.code),
        )

    async def fetch_one(self) -> bool:
        """Try the picture that waits longest; return False when none is due."""
        async with transaction(self.core.pool) as db:
            picture = await claim_picture(db, self.clock(), sorted(self.core.cities))
        if picture is None:
            return False
        url: str | None = None
        try:
            url = await self._keep(picture)
        except LaterError as later:
            if picture.tries < pictures.MAX_TRIES:
                log.info("sms_picture_postponed", reason=str(later))
                return True
            log.warning("sms_picture_left_out", reason=str(later))
        except (LeftOutError, RefusedPictureError) as refused:
            log.warning("sms_picture_left_out", reason=str(refused))
        await self._settle(picture, url)
        return True

    async def _keep(self, picture: WaitingPicture) -> str:
        content = await self.source.fetch(picture.url)
        call = _UPLOADER, picture.identity.hex(), str(picture.position)
        media_id = await self.core.keep_picture(content, Uploader(_UPLOADER, ""), *call)
        return media_url(self.core.public_url, media_id)

    async def _settle(self, picture: WaitingPicture, url: str | None) -> None:
        async with self.core.unit_of_work(self.clock()) as work:
            if await remove_picture(work.db, picture) and url:
                by: NoteAuthor = "reporter" if picture.by_reporter else "other"
                words = NoteWords(_WORDS, "sms", picture.language, by, (url,))
                await work.add_words(picture.number, words)
                log.info("sms_picture_taken")
