"""The photo of a report: kept when it comes, and known by a signed id afterwards."""

from dataclasses import dataclass

from services.intake.http.admission import AdmissionControl
from services.intake.http.callers import RefusedError
from services.intake.http.calls import slot_of
from services.intake.media.library import MediaLibrary
from services.intake.rules.media import MAX_BYTES, RefusedPictureError
from shared.errors import SystemicError, TransientError

UPLOADER = "web"


@dataclass(slots=True)
class PhotoIntake:
    """Takes the photo of one form.

    Attributes:
        library: Where it is kept.
        admission: Limits the photos that are taken at a time, by address.
        address: The caller's.
        photo_id: Id of the photo; None before it was kept.
        fault: Why it is not kept: a ``PictureFault``, or ``photo_busy``.
    """

    library: MediaLibrary
    admission: AdmissionControl
    address: str
    photo_id: str | None = None
    fault: str | None = None

    async def take(self, picture: bytes) -> None:
        """Keep a picture, or note why it cannot be kept."""
        if len(picture) > MAX_BYTES:
            self.fault = "too_many_bytes"
            return
        try:
            with slot_of(self.admission, self.address):
                self.photo_id, _ = await self.library.add(picture, UPLOADER)
        except RefusedPictureError as refused:
            self.fault = refused.fault
        except (RefusedError, SystemicError, TransientError):
            self.fault = "photo_busy"
