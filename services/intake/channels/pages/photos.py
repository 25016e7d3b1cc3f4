"""The photo of a report: kept when it comes, and known by a signed id afterwards."""

from dataclasses import dataclass

from services.intake.media.fair_semaphore import Uploader
from services.intake.media.library import MediaLibrary
from services.intake.rules.media import MAX_BYTES, RefusedPictureError, derived_media_id
from shared.errors import SystemicError, TransientError
from shared.runtime.http.body_memory import BodyBuffer
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import log_not_served

UPLOADER = "web"


@dataclass(slots=True)
class PhotoIntake:
    """Takes the photo of one form. A photo that cannot be kept never stops the report.

    Attributes:
        library: Where it is kept.
        buffer: Its bytes; its owner closes it.
        fault: Why the photo is not kept: a ``PictureFault``, or ``photo_busy``.
    """

    library: MediaLibrary
    buffer: BodyBuffer
    fault: str | None = None

    def take(self, content: bytes) -> None:
        """Take the next bytes."""
        if self.fault:
            return
        try:
            self.buffer.extend(content)
        except RefusedError:
            self.fault = "photo_busy"
        if len(self.buffer.content) > MAX_BYTES:
            self.fault = "too_many_bytes"
            self.buffer.drop()

    async def keep(self, key: bytes, form_id: str) -> str | None:
        """Keep the photo and return its id; None where there is none that can be kept.

        Args:
            key: Secret, without which the id cannot be guessed.
            form_id: Id of the form: the same photo sent again in it is kept once.
        """
        if self.fault:
            return None
        try:
            self.buffer.require_held()
            if not self.buffer.content:
                return None
            photo_id = derived_media_id(key, self.buffer.content, UPLOADER, form_id)
            uploader = Uploader(UPLOADER, self.buffer.address)
            await self.library.add_once(photo_id, self.buffer.take, uploader)
        except RefusedPictureError as refused:
            self.fault = refused.fault
        except RefusedError:
            self.fault = "photo_busy"
        except (SystemicError, TransientError) as error:
            log_not_served(error)
            self.fault = "photo_busy"
        else:
            return photo_id
        return None
