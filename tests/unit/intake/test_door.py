import json
from dataclasses import dataclass

from prometheus_client import REGISTRY

from services.intake.door import Door, turned_away


@dataclass
class Fixed:
    most_inside: int


def door(most_inside: int = 2) -> Door:
    return Door(Fixed(most_inside))


def count(reason: str) -> float:
    return REGISTRY.get_sample_value("route311_shed_total", {"reason": reason}) or 0


def test_callers_are_let_in_until_as_many_are_inside_as_can_be_answered_soon() -> None:
    here = door(2)
    with here.let_in() as one, here.let_in() as two, here.let_in() as three:
        assert (one, two, three) == (None, None, "busy")
        assert here.refusal()
    assert here.refusal() is None


def test_who_was_not_let_in_takes_nobodys_place() -> None:
    here = door(1)
    with here.let_in():
        with here.let_in() as second:
            assert second == "busy"
        with here.let_in() as third:
            assert third == "busy"
    with here.let_in() as later:
        assert later is None


def test_with_a_full_outbox_nobody_is_let_in() -> None:
    here = door()
    here.outbox_full = True
    with here.let_in() as reason:
        assert reason == "outbox_full"
    here.outbox_full = False
    assert here.refusal() is None


def test_everybody_turned_away_is_counted_by_reason() -> None:
    here, before = door(0), count("busy")
    here.refusal()
    with here.let_in():
        pass

    assert count("busy") == before + 2


def test_the_answer_at_the_socket_is_that_of_the_handler() -> None:
    here = door(0)
    said = here.refusal()
    assert said is not None
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")

    assert body == turned_away("busy").body
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert "Retry-After: 2" in lines
    assert "Content-Type: application/problem+json; charset=utf-8" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["status"] == 503
