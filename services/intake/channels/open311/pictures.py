"""Pictures that come in a form: kept like those of ``POST /v1/media``, once for all its repeats."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from services.intake.media.fair_semaphore import Uploader
from services.intake.media.library import MediaLibrary
from services.intake.rules.media import derived_media_id, media_url
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.body_memory import BodyBuffer, BodyMemory
from shared.runtime.http.call_slots import slot_of


@dataclass(frozen=True, slots=True)
class FormPictures:
    """Keeps the pictures of forms.

    Attributes:
        uploads: Limits the forms of known adapters at a time, together with other uploads.
        memory: Memory for the forms of all others, by address.
        library: The pictures.
        public_url: Base URL of intake, without a trailing slash.
        key: Secret from which the ids are derived.
    """

    uploads: AdmissionControl
    memory: BodyMemory
    library: MediaLibrary
    public_url: str
    key: bytes

    @contextmanager
    def hold(self, adapter: str | None, address: str) -> Iterator[BodyBuffer | None]:
        """Hold memory for a form with pictures; yield the buffer that it must be read into.

        Args:
            adapter: The adapter; None before the form is read that has its key.
            address: The caller's.

        Raises:
            RefusedError: The adapter has no slot.
        """
        if adapter:
            with slot_of(self.uploads, adapter):
                yield None
        else:
            with self.memory.body(address) as buffer:
                yield buffer

    async def keep(
        self, pictures: Sequence[bytes], adapter: str, call_id: str
    ) -> list[dict[str, str]]:
        """Keep the pictures of a call; return them as media of a submission.

        Args:
            pictures: The bytes as they came.
            adapter: The adapter that calls.
            call_id: Id of the call; a repeat with the same pictures gets the same addresses.

        Raises:
            RefusedPictureError: One of them is not a picture that is kept.
            SystemicError: One could not be re-encoded or stored now.
        """
        media = []
        for position, picture in enumerate(pictures):
            media_id = derived_media_id(self.key, picture, adapter, call_id, str(position))
            await self.library.add_once(media_id, picture, Uploader(adapter))
            media.append({"url": media_url(self.public_url, media_id)})
        return media
