import json

from prometheus_client import REGISTRY

from services.intake.http.admission import AdmissionControl, service_unavailable
from shared.runtime.http.rate_limits import TokenBucket


def tokens(count: int) -> TokenBucket:
    """A bucket with so many tokens that is never filled again."""
    return TokenBucket(count, clock=lambda: 0.0)


def admission_control(max_in_flight: int = 2, left: int = 100) -> AdmissionControl:
    return AdmissionControl(lambda: max_in_flight, tokens(left))


def count(reason: str) -> float:
    return REGISTRY.get_sample_value("route311_shed_total", {"reason": reason}) or 0


def test_callers_are_let_in_until_as_many_are_inside_as_can_be_answered_soon() -> None:
    admission = admission_control(2)
    with admission.slot() as one, admission.slot() as two, admission.slot() as three:
        assert (one, two, three) == (None, None, "busy")
        assert admission.try_acquire() == "busy"
    assert admission.try_acquire() is None


def test_who_was_not_let_in_takes_nobodys_place() -> None:
    admission = admission_control(1)
    with admission.slot():
        with admission.slot() as second:
            assert second == "busy"
        with admission.slot() as third:
            assert third == "busy"
    with admission.slot() as later:
        assert later is None


def test_a_place_taken_at_the_socket_is_held_until_the_answer_and_counts_once() -> None:
    admission = admission_control(1)
    assert admission.try_acquire_early() is None
    assert admission.try_acquire_early()
    with admission.slot(is_acquired=True) as reason:
        assert reason is None
        assert admission.try_acquire() == "busy"
    assert admission.try_acquire() is None


def test_a_place_given_back_unused_is_free() -> None:
    admission = admission_control(1)
    admission.try_acquire_early()
    admission.release()
    assert admission.try_acquire() is None


def test_with_a_full_outbox_nobody_is_let_in() -> None:
    admission = admission_control()
    admission.outbox_full = True
    with admission.slot() as reason:
        assert reason == "outbox_full"
    admission.outbox_full = False
    assert admission.try_acquire() is None


def test_above_the_rate_nobody_is_let_in_and_a_refusal_counts_for_nothing() -> None:
    admission = admission_control(left=1)
    with admission.slot() as reason:
        assert reason is None
    with admission.slot() as reason:
        assert reason == "over_rate"
    assert admission.try_acquire() == "over_rate"
    admission.rate_limiter = tokens(1)
    assert admission.try_acquire() is None


def test_everybody_turned_away_is_counted_by_reason() -> None:
    admission, before = admission_control(0), count("busy")
    admission.try_acquire()
    admission.try_acquire_early()
    with admission.slot():
        pass

    assert count("busy") == before + 3


def test_the_answer_at_the_socket_is_that_of_the_handler() -> None:
    admission = admission_control(0)
    response = admission.try_acquire_early()
    assert response is not None
    head, _, body = response.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")

    assert body == service_unavailable("busy").body
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert "Retry-After: 2" in lines
    assert "Content-Type: application/problem+json; charset=utf-8" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["status"] == 503
