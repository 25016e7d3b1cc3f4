"""Violations about events that differ, are missing or unreadable."""

from shared.contract.events import CONTENT_TYPE
from tests.unit.workbench.check.history import History, Sent
from tests.unit.workbench.check.violations.registry import closed_case, garbage, violates
from workbench.check.history import Attempt, Poison


@violates("I8")
def an_event_comes_again_with_other_bytes(history: History) -> None:
    notice = history.of("notification.sent")[0]
    other = notice.again(id=notice.event_id, time="2026-03-02T12:00:01Z")
    other.rows = 0
    history.sent.append(other)


@violates("I8")
def an_event_waits_with_other_bytes_than_it_had(history: History) -> None:
    receipt = history.of("work_order.update_accepted")[0]
    other = receipt.again(id=receipt.event_id, time="2026-03-02T12:00:01Z")
    other.copies = 0
    history.sent.append(other)


@violates("I8")
def intake_keeps_another_receipt_than_it_gave(history: History) -> None:
    (row, *_) = history.rows("intake_submissions", id="elsewhere")
    history.set("intake_submissions", row, digest=b"8 bytes.")


@violates("I9")
def an_event_is_not_published(history: History) -> None:
    history.of("notification.sent")[0].published = False


@violates("I9")
def a_published_event_is_lost(history: History) -> None:
    history.of("work_order.update_accepted")[0].copies = 0


@violates("I9")
def a_service_stays_behind(history: History) -> None:
    history.behind.append(("triage", "intake-requests"))


@violates("I9")
def a_record_stays_deferred(history: History) -> None:
    history.tables["deferred"] = [["dispatch", "triage-decisions/0/1"]]


@violates("I9")
def a_change_of_a_case_is_not_told(history: History) -> None:
    history.remove(history.case_event("status_changed", case_id=closed_case(history)))


@violates("I9")
def the_last_change_of_a_case_is_not_told(history: History) -> None:
    history.remove(history.of("case.overdue")[-1])


@violates("I9")
def dispatch_forgets_a_case_that_it_told_of(history: History) -> None:
    history.drop_rows("dispatch_cases", case_id=closed_case(history))


@violates("I9")
def triage_is_not_told_of_a_closing(history: History) -> None:
    history.remove(*history.of("case.closed", "dispatch-closings", status="completed"))
    (row,) = history.rows("triage_cases", case_id=closed_case(history))
    history.set("triage_cases", row, closed=None, version=0)


@violates("I10")
def garbage_is_not_parked(history: History) -> None:
    history.sent.append(garbage("bureau-ppd-code-updates"))


@violates("I10")
def a_service_writes_garbage(history: History) -> None:
    history.sent.append(garbage("intake-receipts"))


@violates("I10")
def one_reader_parks_garbage_and_another_does_not(history: History) -> None:
    parked = [s for s in history.sent if s.topic == "triage-decisions-dlq"]
    history.remove(next(s for s in parked if s.service == "notify"))


@violates("I10")
def a_good_record_is_parked(history: History) -> None:
    good = history.of("request.submitted")[0]
    headers = [("service", b"triage"), ("code", b"undecodable_event")]
    source = ("source", f"{good.topic}/0/0".encode())
    topic = f"{good.topic}-dlq"
    history.client.clear()
    history.sent.append(Sent("triage", "x", topic, good.key, good.value, [*headers, source]))


@violates("I10")
def a_record_is_parked_twice(history: History) -> None:
    next(s for s in history.sent if s.topic.endswith("-dlq")).rows = 2


@violates("I10")
def a_parked_record_does_not_say_whence(history: History) -> None:
    parked = next(s for s in history.sent if s.topic.endswith("-dlq"))
    parked.headers = [("content-type", CONTENT_TYPE)]


@violates("I10")
def planted_garbage_is_not_parked(history: History) -> None:
    history.client.append(Poison(outcome="poison", topic="intake-requests", sha256="0" * 64))


@violates("I10")
def something_is_parked_that_nobody_planted(history: History) -> None:
    history.client = [one for one in history.client if isinstance(one, Attempt)]
