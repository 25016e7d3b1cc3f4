"""Urgent problems in plain words, the latest last."""

from itertools import islice

from shared.catalogue import Jurisdiction
from shared.cli.demo.play.courses import URGENT
from shared.cli.demo.play.facts import Facts, Issued
from shared.cli.demo.play.figures import seconds_to_bureau


def latest_urgent(facts: Facts, city: Jurisdiction, limit: int) -> list[str]:
    """Return the latest urgent problems that reached a bureau, each in one line."""
    newest_first = (i for i in reversed(facts.leads.values()) if i.order.priority.level in URGENT)
    return [_in_words(facts, city, issued) for issued in reversed([*islice(newest_first, limit)])]


def _in_words(facts: Facts, city: Jurisdiction, issued: Issued) -> str:
    order = issued.order
    where = order.location.address or "no address"
    seconds = seconds_to_bureau(facts, issued)
    took = f" after {seconds:.1f} s" if seconds is not None else ""
    dangerous = any(
        decision.emergency
        for request_id in facts.followers.get(order.case_id, ())
        if (decision := facts.decisions.get(request_id))
    )
    advice = ", told to call 911" if dangerous else ""
    bureau = city.bureaus[order.bureau].name
    return f"{order.priority.level} {order.service_name}, {where}: {bureau}{took}{advice}"
