"""People who hear twice, and contact data that show."""

from tests.unit.cli.check.history import History, Sent
from tests.unit.cli.check.violations.planting import closed_case, plant, request_of


@plant("I6")
def a_message_is_sent_twice(history: History) -> None:
    history.sent.append(history.of("notification.sent")[0].again())


@plant("I6")
def a_message_is_sent_and_then_lost_sight_of(history: History) -> None:
    sent = history.of("notification.sent")[0]
    history.sent.append(sent.again(type="route311.notification.unknown.v1"))


@plant("I6")
def a_person_has_two_messages_of_one_change(history: History) -> None:
    (row, *_) = history.rows("notify_deliveries", state="sent")
    history.tables["notify_deliveries"].append(["second", *row[1:]])


@plant("I6")
def a_message_that_was_sent_waits_to_be_sent(history: History) -> None:
    (row, *_) = history.rows("notify_deliveries", state="sent")
    history.set("notify_deliveries", row, state="pending")


@plant("I7")
def a_case_ends_twice(history: History) -> None:
    acknowledged = history.case_event("status_changed", case_id=closed_case(history))
    acknowledged.edit(status="completed")


@plant("I7")
def a_case_goes_on_after_its_end(history: History) -> None:
    transferred = history.case_event("status_changed", status="open")
    history.case_event("opened", case_id=transferred.data["case_id"]).edit(status="completed")


@plant("I7")
def notify_keeps_an_erased_contact(history: History) -> None:
    key = request_of(history, "first").encode()
    history.sent.append(Sent("intake", "tombstone", "intake-contacts", key, None))


@plant("I7")
def an_address_shows_in_a_note(history: History) -> None:
    for closed in history.of("case.closed", status="completed"):
        closed.edit(public_note="Told ANA0@example.org.")


@plant("I7")
def a_phone_number_shows_in_a_work_order(history: History) -> None:
    history.orders()[0].edit(summary="Call +15035550100 first")
