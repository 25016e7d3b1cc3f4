"""Violations about requests that are lost, doubled or undecided."""

from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import closed_case, request_of, violates
from workbench.check.history import Attempt


@violates("I1")
def intake_forgets_a_request(history: History) -> None:
    history.drop_rows("intake_requests", request_id=request_of(history, "elsewhere"))


@violates("I1")
def a_request_is_not_submitted(history: History) -> None:
    history.remove(*history.of("request.submitted", request_id=request_of(history, "beyond")))


@violates("I1")
def a_request_is_submitted_as_two_events(history: History) -> None:
    history.sent.append(history.of("request.submitted")[0].again())


@violates("I1")
def a_request_comes_from_nowhere(history: History) -> None:
    ghost = history.of("request.submitted")[0].again()
    ghost.edit(request_id="ghost")
    history.sent.append(ghost)


@violates("I1")
def a_submission_gets_no_answer(history: History) -> None:
    history.drop_rows("intake_submissions", id="wrong")


@violates("I1")
def a_submission_gets_no_receipt(history: History) -> None:
    history.remove(*history.of("submission.rejected", submission_id="wrong"))


@violates("I1")
def one_submission_becomes_two_requests(history: History) -> None:
    (row,) = history.rows("intake_submissions", id="first", request_id=None)
    history.set("intake_submissions", row, request_id=request_of(history, "boston"))


@violates("I1")
def what_the_client_saw_accepted_does_not_exist(history: History) -> None:
    seen = Attempt(source="/http/demo", id="lost", outcome="accepted", request_id="lost")
    history.client.append(seen)


@violates("I1")
def what_the_client_saw_shed_exists(history: History) -> None:
    (line,) = [one for one in history.client if getattr(one, "id", None) == "urgent"]
    history.client[history.client.index(line)] = line.model_copy(update={"outcome": "shed"})


@violates("I2")
def a_request_is_not_decided(history: History) -> None:
    request_id = request_of(history, "beyond")
    history.remove(*history.of("request.triaged", request_id=request_id))
    history.drop_rows("triage_decisions", request_id=request_id)


@violates("I2")
def a_request_is_decided_twice(history: History) -> None:
    history.sent.append(history.of("request.triaged")[0].again())


@violates("I2")
def a_request_is_referred_to_nobody(history: History) -> None:
    history.of("request.triaged", outcome="referral")[0].edit(referral=None)


@violates("I2")
def a_request_is_answered_with_nothing(history: History) -> None:
    history.of("request.triaged", outcome="answered")[0].edit(advice=[])


@violates("I2")
def a_request_in_a_case_has_the_outcome_of_one_without(history: History) -> None:
    decided = history.of("request.triaged", outcome="duplicate")[0]
    decided.edit(outcome="referral")
    (row,) = history.rows("triage_decisions", request_id=decided.data["request_id"])
    history.set("triage_decisions", row, outcome="referral")


@violates("I2")
def dispatch_loses_a_request_of_a_case(history: History) -> None:
    history.drop_rows("dispatch_case_requests", request_id=request_of(history, "urgent"))


@violates("I2")
def dispatch_puts_a_request_into_another_case(history: History) -> None:
    one, other = (
        history.rows("dispatch_case_requests", request_id=request_of(history, name))[0]
        for name in ("elsewhere", "boston")
    )
    one[1], other[1] = other[1], one[1]


@violates("I2")
def a_request_joins_a_second_case(history: History) -> None:
    elsewhere = request_of(history, "elsewhere")
    history.case_event("opened", request_id=elsewhere).edit(
        request_id=request_of(history, "urgent")
    )


@violates("I2")
def a_case_counts_a_request_too_many(history: History) -> None:
    history.tables["dispatch_case_requests"].append(["ghost", closed_case(history)])
