"""Loading of contact data in log files into the fact store: where they are, never what they are."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from shared.errors import Route311Error
from workbench.check.facts.events import digest
from workbench.check.facts.store import FactStore
from workbench.check.wait_until_idle import OnProgress, no_progress

_MAIL = re.compile(
    rb"([A-Za-z0-9._%+-]{1,64})(?:@|%40)((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63})"
)
_E164 = re.compile(rb"(?<![\w+])(?:\+|%2[Bb])([1-9][0-9]{7,14})(?![\w-])")
_AMERICAN = re.compile(
    rb"(?<![\w.+-])(?:\+?1[-. ]?)?\(?([2-9][0-9]{2})\)?([-. ]{0,2})"
    rb"([2-9][0-9]{2})[-. ]?([0-9]{4})(?![\w-])"
)


class DamagedLogError(Route311Error):
    """A compressed log cannot be read to its end."""

    code = "damaged_log"


def load_log_files(folder: Path, store: FactStore, on_progress: OnProgress = no_progress) -> None:
    """Add each e-mail address and phone number in the files of a folder, as a hash.

    Args:
        folder: The folder; its subfolders count, and files that end in ``.gz`` are unpacked.
        on_progress: Called after each file.

    Raises:
        DamagedLogError: A compressed file is damaged.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for done, file in enumerate(files, 1):
        name = str(file.relative_to(folder))
        for number, line in enumerate(_lines(file), 1):
            for kind, found, is_plain in contacts_in(line):
                store.add("logged", (f"{name}:{number}: {kind}", digest(found), is_plain))
        on_progress("log files", done, len(files))


def contacts_in(line: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Yield what may be contact data in a line: its kind, its normal form, and if it is plain.

    What is not plain, such as ten digits, is a contact only if a reporter has it.
    """
    if b"@" in line or b"%40" in line:
        for local, domain in _MAIL.findall(line):
            yield "e-mail address", b"%b@%b" % (local.lower(), domain.lower()), True
    for digits in _E164.findall(line):
        yield "phone number", b"+" + digits, True
    for area, separator, exchange, subscriber in _AMERICAN.findall(line):
        yield "phone number", b"+1" + area + exchange + subscriber, bool(separator)


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            yield from lines
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DamagedLogError(f"{file} is damaged: unpack what can be unpacked of it") from None
