"""Sections of the summary about referrals, bureaus, messages to residents and refusals."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from shared.contract.topic import DEAD_LETTERS
from workbench.demo.report.layout import counted, heading, table
from workbench.demo.report.result import DemoResult
from workbench.demo.run.bureau_ways import BY_FEED, BY_WEBHOOK
from workbench.demo.run.bureaus import SILENT
from workbench.demo.run.observations import BureauCalls

_OPEN = ("acknowledged", "scheduled", "in_progress", "waiting_for_resident")
_TEMPLATES = {
    "received": "We have your report",
    "attached": "We know of it already",
    "answered": "The answer to your question",
    "referred": "This is for somebody else",
    "acknowledged": "The team has read it",
    "transferred": "Another team has it now",
    "scheduled": "Work is scheduled",
    "in_progress": "Work has begun",
    "completed": "Done",
    "declined": "No work, and why",
    "reopened": "Open again",
    "overdue": "We are late",
    "waiting_for_resident": "The team waits for an answer",
    "question": "We have a question",
    "already_closed": "Closed by now",
    "outside_city": "The place is outside the city",
    "digest": "More news, in one",
}


def referrals(result: DemoResult) -> Iterator[RenderableType]:
    """Count the advice to call 911 and the referrals, with telephone numbers."""
    decisions = result.seen.decisions.values()
    emergencies = Counter(d.emergency.code for d in decisions if d.emergency)
    names = {emergency.code: emergency.name.en for emergency in result.city.emergencies}
    kinds = ", ".join(f"{names.get(code, code)} {n}" for code, n in emergencies.most_common())
    reporters = counted(emergencies.total(), "reporter was", "reporters were")
    yield heading("911 and referrals")
    yield Text(f"{reporters} told at once to call 911" + (f" ({kinds})." if kinds else "."))
    referred = Counter(
        (d.referral.name, d.referral.phone or "", d.outcome == "referral")
        for d in decisions
        if d.referral
    )
    agencies = dict.fromkeys((name, phone) for (name, phone, _), _ in referred.most_common())
    yield table(
        "agency",
        "phone",
        "instead",
        "as well",
        rows=[(*agency, referred[*agency, True], referred[*agency, False]) for agency in agencies],
    )


def bureaus(result: DemoResult) -> Iterator[RenderableType]:
    """Count the work orders of each bureau by their latest status."""
    names = {code: bureau.name for code, bureau in result.city.bureaus.items()}
    statuses: defaultdict[str, Counter[str]] = defaultdict(Counter)
    leads: Counter[str] = Counter()
    for order in result.seen.orders.values():
        statuses[order.bureau][order.status] += 1
        leads[order.bureau] += order.role == "lead"
    yield heading("What each bureau got and did")
    yield table(
        "bureau",
        "got",
        "leads",
        "done",
        "declined",
        "open",
        "silent",
        rows=[
            (
                names[code],
                count.total(),
                leads[code],
                count["completed"],
                count["declined"],
                sum(count[status] for status in _OPEN),
                count["issued"],
            )
            for code, count in sorted(statuses.items(), key=lambda entry: -entry[1].total())
        ],
    )
    transferred = sum(count["transferred"] for count in statuses.values())
    yield Text(
        f"{names[SILENT]} answered nothing, on purpose. "
        f"{counted(transferred, 'work order')} went on to another bureau."
    )


def messages(result: DemoResult) -> Iterator[RenderableType]:
    """Count the messages to residents by template and language."""
    sent = result.seen.sent.values()
    by_language = Counter((message.template, message.language) for message in sent)
    templates = Counter(message.template for message in sent)
    languages = Counter(message.language for message in sent)
    yield heading("Messages to residents")
    yield table(
        "message",
        "English",
        "Spanish",
        "all",
        rows=[
            *(
                (_TEMPLATES.get(name, name), by_language[name, "en"], by_language[name, "es"], n)
                for name, n in templates.most_common()
            ),
            ("all", languages["en"], languages["es"], languages.total()),
        ],
    )
    channels = Counter(message.channel for message in sent)
    emails, texts = channels["email"], channels["sms"]
    yield Text(f"The mail server keeps {_compared(result.mails, emails)} as files.")
    yield Text(
        f"{counted(texts, 'message')} went by SMS; the SMS provider keeps "
        f"{_compared(result.texts, texts)} as files."
    )
    for reason, count in result.seen.unsent.most_common():
        yield Text(f"{count:,} were due and not sent: {reason.replace('_', ' ')}.")


def refusals(result: DemoResult) -> Iterator[RenderableType]:
    """List the rejected submissions, the dead letters and the refused updates by reason."""
    seen = result.seen
    rejected = Counter(
        (", ".join(error.code for error in rejection.errors), rejection.submission_source)
        for rejection in seen.rejected.values()
    )
    parked = Counter((letter.code, f"{letter.topic}{DEAD_LETTERS}") for letter in seen.dead_letters)
    yield heading("What was not taken, and why")
    for reason, where, counter in (
        ("rejected for", "from", rejected),
        ("parked as", "on", parked),
    ):
        yield table(reason, where, "number", rows=[(*key, n) for key, n in counter.most_common()])
    for receipt in seen.refused_updates:
        yield Text(f"Update of {receipt.bureau} refused, {receipt.code}: {receipt.message}")


def _compared(kept: int, sent: int) -> str:
    if kept == sent:
        return "as many messages"
    return f"only {kept:,} of them" if kept < sent else f"{kept:,} messages, more than that,"


def bureau_ways(result: DemoResult) -> Iterator[RenderableType]:
    """Count what one bureau got by webhook and another read from its feed."""
    called, read = (
        result.seen.bureau_calls.get(bureau, BureauCalls()) for bureau in (BY_WEBHOOK, BY_FEED)
    )
    names = {code: bureau.name for code, bureau in result.city.bureaus.items()}
    again = called.calls - len(called.events)
    yield Text(
        f"{names[BY_WEBHOOK]} got {counted(len(called.events), 'event')} by webhook, in "
        f"{counted(called.calls, 'call')}: {counted(again, 'call was', 'calls were')} refused on "
        f"purpose and made again. {names[BY_FEED]} read {counted(len(read.events), 'event')} from "
        f"its feed, in {counted(read.calls, 'page')}; both answered over HTTP, all others by Kafka."
    )
