"""Rendering of messages: templates, catalogues of languages, and what they show."""

from services.notify.rendering.catalogues import load_message_languages, message_catalogues
from services.notify.rendering.renderer import (
    TEMPLATES,
    MessageRenderer,
    RenderedMessage,
    UnknownCityError,
    greeting_name,
    one_line,
    safe_address,
)

__all__ = [
    "TEMPLATES",
    "MessageRenderer",
    "RenderedMessage",
    "UnknownCityError",
    "greeting_name",
    "load_message_languages",
    "message_catalogues",
    "one_line",
    "safe_address",
]
