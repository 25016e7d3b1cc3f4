"""The photo of a report: kept when it comes, and known by a signed id afterwards."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from services.intake.http.admission import AdmissionControl
from services.intake.http.calls import slot_of
from services.intake.media.library import MediaLibrary
from services.intake.rules.media import MAX_BYTES, RefusedPictureError, derived_media_id
from shared.errors import SystemicError, TransientError
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import log_not_served

UPLOADER = "web"


@dataclass(slots=True)
class PhotoIntake:
    """Takes the photo of one form. A photo that cannot be kept never stops the report.

    Attributes:
        library: Where it is kept.
        admission: Limits the photos in memory at a time, by address.
        address: The caller's.
        hold_bytes: Holds room for its bytes; raises RefusedError when there is none.
        slot: Holds the slot from the first byte on; its owner closes it.
        fault: Why the photo is not kept: a ``PictureFault``, or ``photo_busy``.
    """

    library: MediaLibrary
    admission: AdmissionControl
    address: str
    hold_bytes: Callable[[int], None]
    slot: ExitStack
    fault: str | None = None
    _content: bytearray = field(default_factory=bytearray, init=False)

    def take(self, content: bytes) -> None:
        """Take the next bytes."""
        if self.fault:
            return
        try:
            if not self._content:
                self.slot.enter_context(slot_of(self.admission, self.address))
            self.hold_bytes(len(content))
        except RefusedError:
            self.fault = "photo_busy"
        self._content += content
        if len(self._content) > MAX_BYTES:
            self.fault = "too_many_bytes"
        if self.fault:
            self._content.clear()

    async def keep(self, key: bytes, form_id: str) -> str | None:
        """Keep the photo and return its id; None where there is none that can be kept.

        Args:
            key: Secret, without which the id cannot be guessed.
            form_id: Id of the form: the same photo sent again in it is kept once.
        """
        if self.fault or not self._content:
            return None
        try:
            content = bytes(self._content)
            photo_id = derived_media_id(key, content, UPLOADER, form_id)
            await self.library.add_once(photo_id, content, UPLOADER)
        except RefusedPictureError as refused:
            self.fault = refused.fault
        except (SystemicError, TransientError) as error:
            log_not_served(error)
            self.fault = "photo_busy"
        else:
            return photo_id
        return None
