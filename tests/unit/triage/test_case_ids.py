from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.decisions.assessment import case_id_for
from shared.contract.events import new_id


def test_a_case_id_is_a_uuid7_of_the_requests_moment() -> None:
    request_id = new_id()
    case_id = UUID(case_id_for(request_id))

    assert (case_id.version, case_id.variant) == (7, "specified in RFC 4122")
    assert case_id.bytes[:6] == UUID(request_id).bytes[:6]


@given(st.uuids(), st.uuids())
def test_a_request_opens_always_the_same_case_and_two_open_two(a: UUID, b: UUID) -> None:
    assert case_id_for(str(a)) == case_id_for(str(a))
    assert (case_id_for(str(a)) == case_id_for(str(b))) is (a == b)
    assert case_id_for(str(a)) != str(a)


def test_what_is_no_uuid_opens_no_case() -> None:
    with pytest.raises(ValueError, match="UUID"):
        case_id_for("17")
