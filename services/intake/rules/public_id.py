"""Public ids: by them Open311 and open data name requests to everybody.

``req_XXXXXXXXX`` is random and independent of the tracking number, which is the secret of the
reporter: a public id opens no page and takes no note. Neither is ever read as the other, since no
tracking number has an underscore.
"""

import re

from services.intake.rules.tracking_number import ALPHABET, BASE, SERIAL_SYMBOLS

PREFIX = "req_"
_SYMBOLS = ALPHABET.lower()
_FORM = re.compile(f"{PREFIX}[{_SYMBOLS}]{{{SERIAL_SYMBOLS}}}")


def public_id(serial: int) -> str:
    """Return the public id of a serial number, 0 to ``CAPACITY`` of tracking numbers."""
    places = range(SERIAL_SYMBOLS)
    return PREFIX + "".join([_SYMBOLS[serial // BASE**place % BASE] for place in places])


def read_public_id(text: str) -> str | None:
    """Return a public id in its canonical form, in lower case; None for anything else."""
    known = text.strip().lower()
    return known if _FORM.fullmatch(known) else None
