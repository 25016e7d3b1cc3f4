"""Violations about tenants and triage's state."""

from typing import Any

from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import (
    closed_case,
    lead_orders,
    request_of,
    violates,
)


@violates("I11")
def a_bureau_gets_the_work_of_another(history: History) -> None:
    lead_orders(history)[1].topic = "bureau-ppr-uf-work"


@violates("I11")
def a_bureau_gets_the_receipt_of_another(history: History) -> None:
    history.of("work_order.update_accepted")[0].topic = "bureau-pbot-mod-receipts"


@violates("I11")
def a_bureau_is_shown_the_case_of_anothers_work(history: History) -> None:
    refused = history.of("work_order.update_refused", code="not_your_work_order")[0]
    refused.edit(case_id=closed_case(history))


@violates("I11")
def a_bureau_of_another_city_gets_work(history: History) -> None:
    order = lead_orders(history)[1]
    order.topic = "bureau-bos-isd-work"
    order.edit(bureau="BOS-ISD")


@violates("I11")
def a_case_changes_its_city(history: History) -> None:
    history.case_event("opened", jurisdiction="boston.gov").edit(jurisdiction="portland.gov")


@violates("I11")
def a_request_changes_its_city(history: History) -> None:
    (row,) = history.rows("intake_requests", request_id=request_of(history, "elsewhere"))
    history.set("intake_requests", row, jurisdiction="boston.gov")


@violates("I11")
def a_request_is_held_against_a_case_of_another_city(history: History) -> None:
    decided = history.of("request.triaged", outcome="duplicate")[0]
    other: str = history.case_event("opened", jurisdiction="boston.gov").data["case_id"]
    decided.edit(duplicate=decided.data["duplicate"] | {"of_case": other})


@violates("I12")
def triage_forgets_a_decision(history: History) -> None:
    history.drop_rows("triage_decisions", request_id=request_of(history, "urgent"))


@violates("I12")
def triage_knows_a_decision_that_nobody_was_told(history: History) -> None:
    row: list[Any] = history.tables["triage_decisions"][0]
    history.tables["triage_decisions"].append(["ghost", *row[1:]])


@violates("I12")
def triage_remembers_another_outcome(history: History) -> None:
    (row,) = history.rows("triage_decisions", request_id=request_of(history, "urgent"))
    history.set("triage_decisions", row, outcome="recurrence")


@violates("I12")
def triage_remembers_another_case(history: History) -> None:
    (row,) = history.rows("triage_decisions", request_id=request_of(history, "urgent"))
    history.set("triage_decisions", row, case_id="another")


@violates("I12")
def triage_forgets_a_case(history: History) -> None:
    history.drop_rows("triage_cases", case_id=closed_case(history))


@violates("I12")
def triage_misses_a_closing(history: History) -> None:
    (row,) = history.rows("triage_cases", case_id=closed_case(history))
    history.set("triage_cases", row, closed=None)


@violates("I12")
def triage_looks_for_a_case_elsewhere(history: History) -> None:
    (row,) = history.rows("triage_cases", case_id=closed_case(history))
    history.set("triage_cases", row, latitude=45.6)


@violates("I12")
def triage_forgets_a_place_that_was_stated_later(history: History) -> None:
    (row,) = history.rows("triage_decisions", request_id=request_of(history, "placed later"))
    history.set("triage_decisions", row, latitude=None, longitude=None)


@violates("I12")
def triage_finds_no_case_at_a_place_that_was_stated_later(history: History) -> None:
    history.drop_rows("triage_cases", request_id=request_of(history, "placed later"))
