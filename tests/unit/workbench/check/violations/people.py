"""Violations about messages and contact data."""

from tests.unit.workbench.check.history import History, Sent
from tests.unit.workbench.check.violations.registry import closed_case, request_of, violates
from workbench.check.facts.events import digest


@violates("I6")
def a_message_is_sent_twice(history: History) -> None:
    history.sent.append(history.of("notification.sent")[0].again())


@violates("I6")
def a_message_is_sent_and_then_lost_sight_of(history: History) -> None:
    sent = history.of("notification.sent")[0]
    history.sent.append(sent.again(type="route311.notification.unknown.v1"))


@violates("I6")
def a_person_has_two_messages_of_one_change(history: History) -> None:
    (row, *_) = history.rows("notify_deliveries", state="sent")
    history.tables["notify_deliveries"].append(["second", *row[1:]])


@violates("I6")
def a_message_that_was_sent_waits_to_be_sent(history: History) -> None:
    (row, *_) = history.rows("notify_deliveries", state="sent")
    history.set("notify_deliveries", row, state="pending")


@violates("I7")
def a_case_ends_twice(history: History) -> None:
    acknowledged = history.case_event("status_changed", case_id=closed_case(history))
    acknowledged.edit(status="completed")


@violates("I7")
def a_case_goes_on_after_its_end(history: History) -> None:
    transferred = history.case_event("status_changed", status="open")
    history.case_event("opened", case_id=transferred.data["case_id"]).edit(status="completed")


@violates("I7")
def an_address_shows_in_a_note(history: History) -> None:
    for closed in history.of("case.closed", status="completed"):
        closed.edit(public_note="Told ANA0@example.org.")


@violates("I7")
def a_phone_number_shows_in_a_work_order(history: History) -> None:
    history.orders()[0].edit(summary="Call +15035550100 first")


@violates("I7")
def a_log_has_a_reporters_address(history: History) -> None:
    history.tables["logged"] = [["intake.log:7: e-mail address", digest(b"ana0@example.org"), 1]]


@violates("I7")
def a_log_has_the_number_of_a_stranger(history: History) -> None:
    history.tables["logged"] = [["intake.log:7: phone number", digest(b"+15035550123"), 1]]


def erase(history: History) -> str:
    """Erase a contact everywhere; return its request."""
    request_id = request_of(history, "first")
    tombstone = Sent("intake", "tombstone", "intake-contacts", request_id.encode(), None)
    for given in contacts(history, request_id):
        given.rows = 0
    history.sent.append(tombstone)
    history.drop_rows("notify_requests", request_id=request_id)
    for row in history.rows("intake_requests", request_id=request_id):
        history.set("intake_requests", row, contact="erased")
    return request_id


def contacts(history: History, request_id: str) -> list[Sent]:
    return history.of("contact", "intake-contacts", request_id=request_id)


@violates("I18")
def a_key_of_a_contact_is_lost(history: History) -> None:
    history.tables["notify_sealed"][0][1] = False


@violates("I18")
def a_key_of_an_alert_is_lost(history: History) -> None:
    history.tables["notify_sealed"].append(["0197a1b2-c3d4-7000-8000-00000000000a", False])


@violates("I13")
def notify_keeps_an_erased_contact(history: History) -> None:
    request_id = erase(history)
    history.tables["notify_requests"].append([request_id, True])


@violates("I13")
def an_erased_contact_stays_in_the_outbox(history: History) -> None:
    contacts(history, erase(history))[0].rows = 1


@violates("I13")
def an_erased_contact_is_published_again(history: History) -> None:
    (given, *_) = contacts(history, erase(history))
    history.remove(given)
    history.sent.append(given)


@violates("I13")
def a_message_to_an_erased_contact_is_held(history: History) -> None:
    request_id = erase(history)
    history.tables["notify_deliveries"].append(
        ["held", "ana", request_id, 99, "email", "held", request_id]
    )
