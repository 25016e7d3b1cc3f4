"""The storage of pictures that the settings name."""

from services.intake.media.files import MediaFiles
from services.intake.media.folder import MediaFolder
from services.intake.settings import MediaSettings


def open_media_files(settings: MediaSettings) -> MediaFiles:
    """Return the folder or the bucket; the S3 client is imported for a bucket alone."""
    if settings.media_folder:
        return MediaFolder(settings.media_folder)
    from services.intake.media.bucket import open_bucket  # noqa: PLC0415 - takes 60 ms

    return open_bucket(settings)
