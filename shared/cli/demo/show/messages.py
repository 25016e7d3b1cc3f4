"""The messages to residents."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from shared.cli.demo.show.layout import heading, table
from shared.cli.demo.show.outcome import Outcome

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
    sent = outcome.facts.sent.values()
    said = Counter((message.template, message.language) for message in sent)
    templates = Counter(message.template for message in sent)
    yield heading("Messages to residents")
    yield table(
        "message",
        "English",
        "Spanish",
        "all",
        rows=[
            *(
                (_TEMPLATES.get(name, name), said[name, "en"], said[name, "es"], count)
                for name, count in templates.most_common()
            ),
            (
                "all",
                *(
                    sum(n for (_, spoken), n in said.items() if spoken == tag)
                    for tag in ("en", "es")
                ),
                templates.total(),
            ),
        ],
    )
    agree = "as many" if outcome.mails == len(sent) else f"but only {outcome.mails:,}"
    if outcome.mails > len(sent):
        agree = f"but {outcome.mails:,}"
    yield Text(f"The mail server keeps {agree} messages as files.")
    for reason, count in outcome.facts.undelivered.most_common():
        yield Text(f"{count:,} were due and not sent: {reason.replace('_', ' ')}.")
