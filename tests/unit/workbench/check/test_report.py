import io

from rich.console import Console

from workbench.check.facts.store import open_store
from workbench.check.invariants import Invariant, ViolationQuery
from workbench.check.report import CheckReport, InvariantResult, evaluate
from workbench.check.view import show

WAITING = Invariant(
    "I9",
    "Nothing waits.",
    (
        ViolationQuery("an event that waits", "SELECT id FROM outbox WHERE NOT published"),
        ViolationQuery("never", "SELECT id FROM outbox WHERE false"),
    ),
)


def waiting(count: int) -> InvariantResult:
    with open_store() as store:
        for number in range(count):
            store.add("outbox", ("/intake", f"[id-{number}]", "intake-requests", b"", False))
        store.build_indexes()
        return evaluate(WAITING, store)


def test_an_invariant_that_nothing_breaks_holds() -> None:
    found = waiting(0)

    assert (found.holds, found.count, found.violations) == (True, 0, [])


def test_ten_of_what_breaks_it_are_named_and_all_are_counted() -> None:
    found = waiting(12)

    assert (found.holds, found.count) == (False, 12)
    (violation,) = found.violations
    assert (violation.what, violation.count) == ("an event that waits", 12)
    assert violation.ids == [f"[id-{number}]" for number in range(10)]


def test_a_person_sees_the_sentence_the_ids_and_how_many_there_are() -> None:
    output = io.StringIO()

    show(
        CheckReport(
            holds=False, requests=12, records=34_567, seconds=1.25, invariants=[waiting(12)]
        ),
        Console(file=output, width=200),
    )

    said = output.getvalue()
    assert "broken I9  Nothing waits." in said
    assert "12: an event that waits" in said
    assert "[id-9]" in said
    assert "[id-10]" not in said
    assert "0 of 1 invariants hold over 12 requests and 34,567 records, in 1.2 s." in said
