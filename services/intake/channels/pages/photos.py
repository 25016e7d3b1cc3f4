"""The photos of a form, each kept as soon as the form arrives."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from services.intake.channels.pages.draft import FormFault
from services.intake.channels.pages.form import UPLOADER
from services.intake.pictures import MAX_BYTES, RefusedPictureError
from services.intake.ports import IntakePorts
from services.intake.records.submissions import Uploader
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.body_memory import BodyBuffer, BodyMemory
from shared.runtime.http.deadline import log_not_served

MAX_PHOTOS = 5
_BUSY = "photo_busy"
# Re-encoding one takes about a second; the proxy waits 40 s for the answer.
_KEPT_WITHIN_S = 30.0


@dataclass(slots=True)
class _Photo:
    buffer: BodyBuffer
    fault: str | None = None

    def take(self, content: bytes) -> None:
        if self.fault:
            return
        try:
            self.buffer.extend(content)
        except RefusedError:
            self.fault = _BUSY
        if len(self.buffer.content) > MAX_BYTES:
            self.fault = "too_many_bytes"
            self.buffer.drop()


@dataclass(slots=True)
class PhotoIntake:
    """Takes the photos of one form; a fault names its photo, and stops neither report nor others.

    Each photo has a body of its own in the memory, held until the block ends.
    """

    core: IntakePorts
    memory: BodyMemory
    address: str
    within_s: float = _KEPT_WITHIN_S
    faults: list[FormFault] = field(default_factory=list)
    _photos: dict[int, _Photo] = field(default_factory=dict)
    _has_more: bool = False

    def __enter__(self) -> Self:
        """Begin to take photos."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release the memory."""
        for photo in self._photos.values():
            self.memory.end(photo.buffer)

    def take(self, file: int, content: bytes) -> None:
        """Take the next bytes of a file, by its number in the form."""
        if file not in self._photos:
            if len(self._photos) == MAX_PHOTOS:
                self._has_more = True
                return
            self._photos[file] = _Photo(self.memory.begin(self.address))
        self._photos[file].take(content)

    async def keep(self, form_id: str, before: Sequence[str] = ()) -> tuple[str, ...]:
        """Keep the photos of a form; return their ids after those of before, each once, five."""
        ids, until = dict.fromkeys(before), asyncio.get_running_loop().time() + self.within_s
        for number, photo in enumerate(self._photos.values(), 1):
            if media_id := await self._keep(photo, form_id, until):
                ids[media_id] = None
            elif photo.fault:
                which = number if len(self._photos) > 1 else None
                self.faults.append(FormFault("photo", photo.fault, which))
            photo.buffer.drop()
        if self._has_more or len(ids) > MAX_PHOTOS:
            self.faults.append(FormFault("photo", "too_many_photos"))
        return tuple(ids)[:MAX_PHOTOS]

    async def _keep(self, photo: _Photo, form_id: str, until: float) -> str | None:
        if photo.fault:
            return None
        buffer = photo.buffer
        try:
            buffer.require_held()
            uploader = Uploader(UPLOADER, buffer.address)
            async with asyncio.timeout_at(until):
                return await self.core.keep_picture(
                    buffer.content, uploader, UPLOADER, form_id, take=buffer.take
                )
        except RefusedPictureError as refused:
            photo.fault = refused.fault
        except RefusedError:
            photo.fault = _BUSY
        except (SystemicError, TransientError, TimeoutError) as error:
            log_not_served(error)
            photo.fault = _BUSY
        return None
