"""Pictures of e-mails: kept like those of ``POST /v1/media``, once for all repeats."""

from dataclasses import dataclass

import structlog

from services.intake.channels.mail.rules.message import Mail
from services.intake.media.fair_semaphore import Uploader
from services.intake.media.library import MediaLibrary
from services.intake.rules.media import (
    MAX_BYTES,
    RefusedPictureError,
    derived_media_id,
    media_url,
)
from shared.contract.events.submissions import MAX_MEDIA

log = structlog.get_logger()

_UPLOADER = "email"


@dataclass(frozen=True, slots=True)
class MailPictures:
    """Keeps the pictures of messages.

    Attributes:
        library: The pictures.
        public_url: Base URL of intake, without a trailing slash.
        key: Secret from which the ids are derived.
    """

    library: MediaLibrary
    public_url: str
    key: bytes

    async def keep(self, mail: Mail) -> tuple[str, ...]:
        """Keep the pictures of a message, 20 at most; return their addresses.

        What is no picture that is kept is left out.

        Args:
            mail: The message; a repeat gets the same addresses.

        Raises:
            SystemicError: One could not be re-encoded or stored now.
        """
        urls, uploader = [], Uploader(_UPLOADER, mail.address or "")
        few = [picture for picture in mail.pictures[:MAX_MEDIA] if len(picture) <= MAX_BYTES]
        for position, picture in enumerate(few):
            media_id = derived_media_id(self.key, picture, _UPLOADER, mail.own_id, str(position))
            try:
                await self.library.add_once(media_id, picture, uploader)
            except RefusedPictureError as refused:
                log.info("mail_picture_refused", fault=refused.fault)
            else:
                urls.append(media_url(self.public_url, media_id))
        return tuple(urls)
