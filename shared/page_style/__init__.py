"""The look of all residents' pages: one style sheet, in the colour of a city, and one icon."""

import re
from pathlib import Path

from markupsafe import Markup

ICON = Path(__file__).with_name("icon.svg")
_NUMBER = re.compile(r"(\+?\d[\d -]*\d)")


def dial(text: str) -> str:
    """Return a text with each telephone number in it as a link."""
    link = Markup('<a class="phone" href="tel:{}" dir="ltr">{}</a>')
    parts = _NUMBER.split(text)
    parts[1::2] = [link.format(re.sub(r"[ -]", "", number), number) for number in parts[1::2]]
    return Markup("").join(parts)
