"""Forms of the pages behind links."""

from urllib.parse import parse_qsl

from shared.runtime.http.callers import RefusedError
from shared.runtime.http.problem_details import problem_response

MAX_FORM_BYTES = 64 * 1024
_MAX_FIELDS = 20


def form_fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        RefusedError: It is none.
    """
    try:
        return dict(
            parse_qsl(
                body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
            )
        )
    except ValueError:
        detail = "Send the form of the page."
        raise RefusedError(problem_response(400, "Not a form", detail)) from None
