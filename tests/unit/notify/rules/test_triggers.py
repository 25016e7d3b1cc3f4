import pytest

from services.notify.rules import updates as triggers


@pytest.mark.parametrize(
    "status", ["acknowledged", "scheduled", "in_progress", "waiting_for_resident"]
)
def test_followers_hear_of_work_that_is_taken_planned_begun_or_waits_for_them(status: str) -> None:
    assert triggers.on_move(status, has_new_lead=False) == status


def test_followers_hear_nothing_of_what_changes_nothing_for_them() -> None:
    assert triggers.on_move("open", has_new_lead=False) is None


@pytest.mark.parametrize("status", ["open", "in_progress"])
def test_followers_hear_that_another_bureau_has_the_work(status: str) -> None:
    assert triggers.on_move(status, has_new_lead=True) == "transferred"


@pytest.mark.parametrize(("what", "template"), [("complete", "overdue"), ("acknowledge", None)])
def test_a_broken_promise_is_told(what: str, template: str | None) -> None:
    assert triggers.on_missed_deadline(what) == template


@pytest.mark.parametrize("status", ["completed", "declined", "referred"])
def test_an_end_is_told_by_how_it_came(status: str) -> None:
    assert triggers.on_closing(status) == status


@pytest.mark.parametrize(
    ("status", "template"),
    [
        ("open", "attached"),
        ("in_progress", "attached"),
        ("completed", "already_closed"),
        ("declined", "already_closed"),
        ("referred", "already_closed"),
    ],
)
def test_who_joins_a_closed_case_is_told_that_it_is_closed(status: str, template: str) -> None:
    assert triggers.on_joining(status) == template


@pytest.mark.parametrize(
    ("status", "template"),
    [("open", None), ("in_progress", None), ("completed", "reopened"), ("declined", "reopened")],
)
def test_who_gets_a_case_of_its_own_hears_of_it_when_the_other_was_over(
    status: str, template: str | None
) -> None:
    assert triggers.on_leaving(status) == template
