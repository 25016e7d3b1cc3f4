"""Urgent problems in plain words, the latest last."""

from dataclasses import dataclass
from itertools import islice

from cli.demo.run.courses import URGENT
from cli.demo.run.facts import Facts, Issued
from cli.demo.run.figures import seconds_to_bureau
from shared.catalogue import Jurisdiction


@dataclass(frozen=True, slots=True)
class Urgent:
    """An urgent problem that reached a bureau.

    Attributes:
        what: How urgent, what, and where.
        then: Who has it, how fast it got there, and whether the reporter was told to call 911.
    """

    what: str
    then: str


def latest_urgent(facts: Facts, city: Jurisdiction, limit: int) -> list[Urgent]:
    """Return the latest urgent problems that reached the bureau that leads."""
    newest_first = (i for i in reversed(facts.leads.values()) if i.order.priority.level in URGENT)
    return [_in_words(facts, city, issued) for issued in reversed([*islice(newest_first, limit)])]


def _in_words(facts: Facts, city: Jurisdiction, issued: Issued) -> Urgent:
    order = issued.order
    where = order.location.address or "no address"
    seconds = seconds_to_bureau(facts, issued)
    took = f" after {seconds:.1f} s" if seconds is not None else ""
    dangerous = any(
        decision.emergency
        for request_id in facts.followers.get(order.case_id, ())
        if (decision := facts.decisions.get(request_id))
    )
    return Urgent(
        what=f"{order.priority.level} {order.service_name}, {where}",
        then=f"at {city.bureaus[order.bureau].name}{took}"
        + ("; the reporter was told to call 911" if dangerous else ""),
    )
