from datetime import timedelta

from shared.contract.topics import DISPATCH_CASES, INTAKE_CONTACTS, INTAKE_REQUESTS
from shared.runtime.outbox.housekeeping import inbox_retention_for


def test_repeats_are_known_for_longer_than_any_topic_can_bring_them_back() -> None:
    assert inbox_retention_for([INTAKE_REQUESTS, DISPATCH_CASES]) > timedelta(days=400)


def test_repeats_are_known_for_longer_than_dead_letters_are_kept() -> None:
    assert inbox_retention_for([]) == timedelta(days=35)


def test_a_topic_that_keeps_its_last_record_for_ever_keeps_no_repeats_for_ever() -> None:
    assert inbox_retention_for([INTAKE_CONTACTS]) == timedelta(days=35)
