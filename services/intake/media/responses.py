"""Error responses for pictures that are not kept."""

from collections.abc import Mapping
from types import MappingProxyType

from services.intake.rules.media import MAX_SCANS, PictureFault, RefusedPictureError
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.problem_details import problem_response

_FAULTS: Mapping[PictureFault, tuple[int, str, str]] = MappingProxyType(
    {
        "unsupported_picture": (
            415,
            "Not such a picture",
            "Send a JPEG, PNG, WebP or HEIC picture; the bytes decide, not the Content-Type.",
        ),
        "damaged_picture": (
            415,
            "Damaged picture",
            "The picture cannot be read to its end. Send the whole file.",
        ),
        "too_many_bytes": (413, "Too large", "Send a picture of at most 10 MiB."),
        "too_many_pixels": (413, "Too large", "Send a picture of at most 40 megapixels."),
        "too_complex": (
            415,
            "Takes too long to decode",
            f"Save it as a baseline JPEG and send that; one with {MAX_SCANS} scans is read, too.",
        ),
    }
)


def picture_refusal(refused: RefusedPictureError) -> RefusedError:
    """Return the error response for a picture that is not kept."""
    status, title, detail = _FAULTS[refused.fault]
    return RefusedError(problem_response(status, title, detail, code=refused.fault))
