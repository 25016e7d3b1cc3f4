"""Violations about the feeds and webhooks of bureaus."""

from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import lead_orders, violates


@violates("I8")
def an_event_has_other_bytes_in_the_feed(history: History) -> None:
    history.feed[0][3] = b"{}"


@violates("I11")
def a_bureau_reads_the_event_of_another_in_its_feed(history: History) -> None:
    event_id = lead_orders(history)[0].event_id
    row = next(row for row in history.feed if row[2] == event_id)
    row[0] = "BES"
    history.drop_rows("webhook_deliveries", number=row[1])


@violates("I15")
def a_feed_loses_an_event(history: History) -> None:
    row = next(row for row in history.feed if row[0] == "PBOT-MOD")
    history.feed.remove(row)


@violates("I15")
def an_event_is_not_queued_for_its_webhook(history: History) -> None:
    history.tables["webhook_deliveries"].pop()


@violates("I15")
def an_event_waits_and_nothing_holds_it(history: History) -> None:
    row = history.tables["webhook_deliveries"][-1]
    history.set("webhook_deliveries", row, state="pending", stuck=1)


@violates("I15")
def an_event_is_delivered_by_no_call(history: History) -> None:
    (row, *_) = history.rows("webhook_calls", error=None)
    history.set("webhook_calls", row, error="timeout")


@violates("I15")
def an_event_is_parked_for_no_reason(history: History) -> None:
    history.drop_rows("webhook_calls", error="refused")
