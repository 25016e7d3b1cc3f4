"""The photo of a report: kept when it comes, and known by a signed id afterwards."""

from dataclasses import dataclass

from services.intake.pictures import MAX_BYTES, RefusedPictureError
from services.intake.ports import IntakePorts
from services.intake.records import Uploader
from shared.errors import SystemicError, TransientError
from shared.runtime.http.body_memory import BodyBuffer
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import log_not_served

UPLOADER = "web"


@dataclass(slots=True)
class PhotoIntake:
    """Takes the photo of one form; a photo that cannot be kept never stops the report.

    Attributes:
        fault: A ``PictureFault``, or ``photo_busy``.
    """

    core: IntakePorts
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

    async def keep(self, form_id: str) -> str | None:
        """Keep the photo of a form once, and return its id; None where none can be kept."""
        if self.fault:
            return None
        try:
            self.buffer.require_held()
            if not self.buffer.content:
                return None
            buffer, uploader = self.buffer, Uploader(UPLOADER, self.buffer.address)
            return await self.core.keep_picture(
                buffer.content, uploader, UPLOADER, form_id, take=buffer.take
            )
        except RefusedPictureError as refused:
            self.fault = refused.fault
        except RefusedError:
            self.fault = "photo_busy"
        except (SystemicError, TransientError) as error:
            log_not_served(error)
            self.fault = "photo_busy"
        return None
