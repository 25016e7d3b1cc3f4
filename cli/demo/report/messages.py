"""The messages to residents."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from cli.demo.report.layout import heading, table
from cli.demo.report.outcome import Outcome

_TEMPLATES = {
    "received": "We have your report",
    "attached": "We know of it already",
    "referred": "This is for somebody else",
    "scheduled": "Work is scheduled",
    "in_progress": "Work has begun",
    "completed": "Done",
    "declined": "No work, and why",
}


def messages(outcome: Outcome) -> Iterator[RenderableType]:
    """Count the messages by what they say and in which language."""
    facts = outcome.facts
    said = Counter((message.template, message.language) for message in facts.sent.values())
    templates = Counter(message.template for message in facts.sent.values())
    languages = Counter(message.language for message in facts.sent.values())
    rows = [
        (_TEMPLATES.get(name, name), said[name, "en"], said[name, "es"], count)
        for name, count in templates.most_common()
    ]
    rows.append(("all", languages["en"], languages["es"], languages.total()))
    yield heading("Messages to residents")
    yield table("message", "English", "Spanish", "all", rows=rows)
    yield Text(f"The mail server keeps {_held_against(outcome.mails, languages.total())} as files.")
    for reason, count in facts.undelivered.most_common():
        yield Text(f"{count:,} were due and not sent: {reason.replace('_', ' ')}.")


def _held_against(kept: int, sent: int) -> str:
    if kept == sent:
        return "as many messages"
    return f"only {kept:,} of them" if kept < sent else f"{kept:,} messages, more than that,"
