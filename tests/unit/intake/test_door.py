import json
from dataclasses import dataclass

from prometheus_client import REGISTRY

from services.intake.http.admission import AdmissionControl, service_unavailable


@dataclass
class Fixed:
    max_in_flight: int


@dataclass
class Tokens:
    left: int = 100

    def has_token(self) -> bool:
        return self.left > 0

    def take(self) -> None:
        self.left -= 1


def door(max_in_flight: int = 2, left: int = 100) -> AdmissionControl:
    return AdmissionControl(Fixed(max_in_flight), Tokens(left))


def count(reason: str) -> float:
    return REGISTRY.get_sample_value("route311_shed_total", {"reason": reason}) or 0


def test_callers_are_let_in_until_as_many_are_inside_as_can_be_answered_soon() -> None:
    here = door(2)
    with here.slot() as one, here.slot() as two, here.slot() as three:
        assert (one, two, three) == (None, None, "busy")
        assert here.try_acquire() == "busy"
    assert here.try_acquire() is None


def test_who_was_not_let_in_takes_nobodys_place() -> None:
    here = door(1)
    with here.slot():
        with here.slot() as second:
            assert second == "busy"
        with here.slot() as third:
            assert third == "busy"
    with here.slot() as later:
        assert later is None


def test_a_place_taken_at_the_socket_is_held_until_the_answer_and_counts_once() -> None:
    here = door(1)
    assert here.try_acquire_early() is None
    assert here.try_acquire_early()
    with here.slot(has_place=True) as reason:
        assert reason is None
        assert here.try_acquire() == "busy"
    assert here.try_acquire() is None


def test_a_place_given_back_unused_is_free() -> None:
    here = door(1)
    here.try_acquire_early()
    here.release()
    assert here.try_acquire() is None


def test_with_a_full_outbox_nobody_is_let_in() -> None:
    here = door()
    here.outbox_full = True
    with here.slot() as reason:
        assert reason == "outbox_full"
    here.outbox_full = False
    assert here.try_acquire() is None


def test_above_the_rate_nobody_is_let_in_and_a_refusal_counts_for_nothing() -> None:
    here = door(left=1)
    with here.slot() as reason:
        assert reason is None
    with here.slot() as reason:
        assert reason == "over_rate"
    assert here.try_acquire() == "over_rate"
    here.rate = Tokens(1)
    assert here.try_acquire() is None


def test_everybody_turned_away_is_counted_by_reason() -> None:
    here, before = door(0), count("busy")
    here.try_acquire()
    here.try_acquire_early()
    with here.slot():
        pass

    assert count("busy") == before + 3


def test_the_answer_at_the_socket_is_that_of_the_handler() -> None:
    here = door(0)
    said = here.try_acquire_early()
    assert said is not None
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")

    assert body == service_unavailable("busy").body
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert "Retry-After: 2" in lines
    assert "Content-Type: application/problem+json; charset=utf-8" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["status"] == 503
