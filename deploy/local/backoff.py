"""How long to wait before a program that died is started again."""

_FIRST_S = 0.2
_LONGEST_S = 10.0
_HEALTHY_S = 60.0


def next_pause_s(previous_s: float | None, lived_s: float) -> float:
    """Return the pause before the next start, in seconds.

    It doubles from 0.2 s to 10 s and begins anew with a program that lived 60 s or longer.
    """
    if previous_s is None or lived_s >= _HEALTHY_S:
        return _FIRST_S
    return min(previous_s * 2, _LONGEST_S)
