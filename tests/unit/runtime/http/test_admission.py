import json
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY

from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.rate_limits import TokenBucket
from shared.runtime.http.refusals import ACCEPT_RATE, BUSY, KEY_SHARE, OUTBOX_FULL, Refusal


def tokens(count: int) -> TokenBucket:
    """A bucket with so many tokens that is never filled again."""
    return TokenBucket(count, clock=lambda: 0.0)


def admission_control(
    max_in_flight: int = 2, left: int = 100, caller_share: float = 1
) -> AdmissionControl:
    return AdmissionControl(lambda: max_in_flight, tokens(left), caller_share)


def acquire(admission: AdmissionControl, callers: str) -> Sequence[Refusal | None]:
    """Try to take a slot for each caller, whose name is one letter."""
    return [admission.try_acquire(caller) for caller in callers]


def test_callers_are_let_in_until_as_many_are_inside_as_can_be_answered_soon() -> None:
    admission = admission_control(2)
    assert acquire(admission, "abc") == [None, None, BUSY]
    admission.release("a")
    assert acquire(admission, "cd") == [None, BUSY]


@pytest.mark.parametrize(
    ("slots", "share", "most"),
    [(8, 0.5, 4), (7, 0.5, 3), (8, 0.1, 1), (1, 0.5, 1), (8, 0.75, 6)],
)
def test_one_caller_holds_at_most_its_share_and_at_least_one_place(
    slots: int, share: float, most: int
) -> None:
    admission = admission_control(slots, caller_share=share)
    assert acquire(admission, "a" * most) == [None] * most
    assert admission.try_acquire("a") is KEY_SHARE


def test_a_caller_whose_share_is_all_holds_all() -> None:
    assert acquire(admission_control(2, caller_share=200), "aaa") == [None, None, BUSY]


def test_what_one_caller_does_not_use_of_its_share_is_free_to_others() -> None:
    admission = admission_control(4, caller_share=0.5)
    assert acquire(admission, "abbb") == [None, None, None, KEY_SHARE]
    assert acquire(admission, "cd") == [None, BUSY]


def test_a_narrower_admission_takes_its_places_of_a_wider_one() -> None:
    wide = admission_control(3)
    narrow = AdmissionControl(lambda: 2, tokens(100), caller_share=1, within=wide)
    assert acquire(narrow, "aab") == [None, None, BUSY]
    assert acquire(wide, "bb") == [None, BUSY]
    narrow.release("a")
    assert acquire(wide, "b") == [None]
    assert narrow.try_acquire("a") is BUSY, "the wider one is full"
    wide.release("b")
    assert narrow.try_acquire("a") is None


def test_a_place_given_back_is_one_of_its_callers_share() -> None:
    admission = admission_control(4, caller_share=0.5)
    acquire(admission, "aab")
    admission.release("b")
    assert admission.try_acquire("a") is KEY_SHARE
    admission.release("a")
    assert admission.try_acquire("a") is None


def test_a_caller_above_its_share_takes_nothing_of_the_rate() -> None:
    admission = admission_control(4, left=2, caller_share=0.25)
    assert acquire(admission, "aab") == [None, KEY_SHARE, None]


def test_with_a_full_outbox_nobody_is_let_in() -> None:
    admission = admission_control(2, caller_share=0.5)
    admission.try_acquire("a")
    admission.outbox_full = True
    assert acquire(admission, "ab") == [OUTBOX_FULL, OUTBOX_FULL]
    admission.outbox_full = False
    assert admission.try_acquire("b") is None


def test_above_the_rate_nobody_is_let_in_and_a_refusal_counts_for_nothing() -> None:
    admission = admission_control(left=1)
    assert acquire(admission, "abb") == [None, ACCEPT_RATE, ACCEPT_RATE]
    admission.rate_limiter = tokens(1)
    assert admission.try_acquire("b") is None


@pytest.mark.parametrize(
    ("refusal", "sample", "labels"),
    [
        (BUSY, "route311_shed_total", {"reason": "busy"}),
        (OUTBOX_FULL, "route311_shed_total", {"reason": "outbox_full"}),
        (ACCEPT_RATE, "route311_shed_total", {"reason": "over_rate"}),
        (KEY_SHARE, "route311_limited_total", {"limit": "key_share"}),
    ],
)
def test_everybody_turned_away_is_counted_by_the_limit(
    refusal: Refusal, sample: str, labels: dict[str, str]
) -> None:
    before = REGISTRY.get_sample_value(sample, labels) or 0
    refusal.response()
    refusal.raw_response()

    assert REGISTRY.get_sample_value(sample, labels) == before + 2


@pytest.mark.parametrize(
    ("refusal", "status", "retry_after_s", "code"),
    [
        (BUSY, "503 Service Unavailable", 2, None),
        (OUTBOX_FULL, "503 Service Unavailable", 30, None),
        (ACCEPT_RATE, "503 Service Unavailable", 1, None),
        (KEY_SHARE, "429 Too Many Requests", 1, "over_rate"),
    ],
)
def test_the_answer_at_the_socket_is_that_of_the_handler(
    refusal: Refusal, status: str, retry_after_s: int, code: str | None
) -> None:
    head, _, body = refusal.raw_response().partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")

    assert body == refusal.response().body
    assert lines[0] == f"HTTP/1.1 {status}"
    assert f"Retry-After: {retry_after_s}" in lines
    assert "Content-Type: application/problem+json; charset=utf-8" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["status"] == int(status[:3])
    assert json.loads(body).get("code") == code
