"""Answers to the gateway in TwiML."""

from xml.sax.saxutils import escape

EMPTY = '<?xml version="1.0" encoding="UTF-8"?>\n<Response/>'


def twiml(message: str | None) -> str:
    """Return a response with at most one message; None for none."""
    if message is None:
        return EMPTY
    return EMPTY.replace(
        "<Response/>", f"<Response><Message>{escape(message)}</Message></Response>"
    )
