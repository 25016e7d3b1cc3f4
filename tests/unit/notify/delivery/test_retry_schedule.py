from datetime import timedelta

from services.notify.delivery.updates import next_attempt_at
from tests.builders import NOON


def test_pauses_grow_and_never_pass_an_hour() -> None:
    pauses = [next_attempt_at(n, NOON) for n in range(28)]

    assert None not in pauses
    waits = [at - NOON for at in pauses if at]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=5)
    assert waits[-1] == timedelta(hours=1)


def test_it_is_given_up_after_a_day() -> None:
    tried_for = sum(
        (at - NOON for n in range(28) if (at := next_attempt_at(n, NOON))), start=timedelta()
    )

    assert timedelta(hours=23) < tried_for < timedelta(hours=25)
    assert next_attempt_at(28, NOON) is None
