"""Reading of e-mails, in confined processes."""

import asyncio
import json
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import structlog
from pydantic import TypeAdapter

from services.intake.channels.mail.rules.message import Mail
from shared.errors import SystemicError
from shared.runtime.confined.pool import ConfinedPool, JobDiedError

log = structlog.get_logger()

_COMMAND = (sys.executable, "-I", "-m", "services.intake.channels.mail.worker")
_PROCESSES = 2
_DONE_WITHIN_S = 30.0
_LARGE_BYTES = 1_000_000
_MAX_ANSWER_BYTES = 64 * 1024 * 1024
_MAIL = TypeAdapter(Mail)


class MailReadingError(SystemicError):
    """No process read a message, not even plainly."""

    code = "mail_reading"


@dataclass(frozen=True, slots=True)
class MailReader:
    """Reads messages in processes, one for small ones alone; on a limit it reads plainly."""

    pool: ConfinedPool = field(
        default_factory=lambda: ConfinedPool(
            _COMMAND, _PROCESSES, _DONE_WITHIN_S, _MAX_ANSWER_BYTES
        )
    )
    _large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def read(self, content: bytes, return_path: str) -> Mail:
        """Return a message as it is read."""
        async with self._large if len(content) > _LARGE_BYTES else nullcontext():
            for plainly in (False, True):
                head = {"return_path": return_path, "plainly": plainly}
                try:
                    answer = await self.pool.run(json.dumps(head).encode() + b"\n", content)
                except JobDiedError:
                    log.warning("mail_reading_died", bytes=len(content), plainly=plainly)
                else:
                    return _mail(answer)
        raise MailReadingError("its processes died")


def _mail(answer: bytes) -> Mail:
    line, _, content = answer.partition(b"\n")
    fields = json.loads(line)
    ends = accumulate(fields["pictures"], initial=0)
    pictures = [content[start:end] for start, end in pairwise(ends)]
    digest = bytes.fromhex(fields["digest"])
    return _MAIL.validate_python(fields | {"digest": digest, "pictures": pictures})
