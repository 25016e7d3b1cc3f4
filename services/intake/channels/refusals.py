"""Problem details for pictures, notes and texts that the core does not take."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from services.intake.pictures import MAX_SCANS, PictureFault, RefusedPictureError
from services.intake.records.notes import NoSuchRequestError, NoteError, TooManyNotesError
from services.intake.records.public import NothingToReviewError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import NOT_ACCEPTABLE
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.refusals import NOTES_OF_A_DAY

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


@contextmanager
def worded_refusals() -> Iterator[None]:
    """Turn refusals of the core into problem details."""
    try:
        yield
    except RefusedPictureError as refused:
        status, title, detail = _FAULTS[refused.fault]
        problem = problem_response(status, title, detail, code=refused.fault)
        raise RefusedError(problem) from None
    except NoSuchRequestError:
        detail = "We have no request with this number. Compare it with the receipt."
        raise RefusedError(problem_response(404, "No such number", detail)) from None
    except NothingToReviewError:
        detail = "The request has no text, or it was erased."
        problem = problem_response(409, "No text", detail, code="no_text")
        raise RefusedError(problem) from None
    except TooManyNotesError:
        raise RefusedError(NOTES_OF_A_DAY.response()) from None
    except NoteError as invalid:
        problem = problem_response(422, *NOT_ACCEPTABLE, errors=invalid.errors)
        raise RefusedError(problem) from None
