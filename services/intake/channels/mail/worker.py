"""Reads e-mails in a confined process.

A job is a line of JSON with ``return_path`` and ``plainly``, and then the message. An answer is a
line of JSON, the fields of the ``Mail`` with the sizes of its pictures, and then the pictures.
"""

import codecs
import encodings
import json
import pkgutil
from contextlib import suppress

from services.intake.channels.mail.rules.message import read_mail, read_plainly
from shared.runtime.confined.worker import JobLimits, serve

LIMITS = JobLimits(memory_bytes=512 * 1024 * 1024, cpu_s=1.0, cpu_s_per_mb=0.2)
_SAMPLE = b"From: a <a@b.example>\nContent-Type: text/html; charset=utf-8\n\n<p>x"


def main() -> None:
    """Import all codecs, since a job can open no file, then answer jobs."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(LookupError):  # it is no codec, or one of another system
            codecs.lookup(module.name)
    answer(b'{"return_path": "", "plainly": false}\n' + _SAMPLE)
    serve(answer, LIMITS)


def answer(job: bytes) -> list[bytes]:
    """Return the pieces of the answer to a job."""
    line, _, content = job.partition(b"\n")
    head = json.loads(line)
    read = read_plainly if head["plainly"] else read_mail
    mail = read(content, head["return_path"])
    sizes = [len(picture) for picture in mail.pictures]
    fields = mail._asdict() | {"digest": mail.digest.hex(), "pictures": sizes}
    return [json.dumps(fields).encode(), b"\n", *mail.pictures]


if __name__ == "__main__":
    main()
