"""Errors in Open311's words."""

import pytest

from services.intake.channels.open311.responses import error_of_fields, error_of_problem
from shared.contract.events import FieldError
from shared.runtime.http.problem_details import problem_response


@pytest.mark.parametrize(("status", "told"), [(415, 400), (422, 400), (413, 413), (429, 429)])
def test_a_problem_becomes_an_error_with_a_status_that_open311_has(status: int, told: int) -> None:
    problem = problem_response(status, "Title", "What to do.", headers={"Retry-After": "1"})
    error = error_of_problem(problem.status, problem.body, problem.headers)

    assert error.status == told
    assert error.descriptions == ("What to do.",)
    assert error.headers == {"Retry-After": "1"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_fault_of_the_key_names_its_parameter(status: int) -> None:
    problem = problem_response(status, "Title", "Send the key of an adapter.")
    error = error_of_problem(problem.status, problem.body, problem.headers)

    assert error.status == 403
    assert error.descriptions[0].startswith("api_key: ")


def test_an_error_without_a_body_has_the_phrase_of_its_status() -> None:
    assert error_of_problem(408, None, {}).descriptions == ("Request Timeout",)


@pytest.mark.parametrize(
    ("field", "parameter"),
    [
        ("location.latitude", "lat"),
        ("reporter.email", "email"),
        ("media.0.url", "media_url"),
        ("attributes.size", "attribute[size]"),
        ("description", "description"),
    ],
)
def test_a_field_error_names_the_parameter(field: str, parameter: str) -> None:
    error = error_of_fields([FieldError(field=field, code="x", message="Mend it.")])

    assert error.status == 400
    assert error.descriptions == (f"{parameter}: Mend it.",)
