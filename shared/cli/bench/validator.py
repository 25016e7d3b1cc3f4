"""The raw limit of triage: bare aiokafka that consumes, validates and produces, nothing else.

``python -m shared.cli.bench.validator BOOTSTRAP FROM TO COUNT`` ends when it has done that many.
"""

import sys

import uvloop

from shared.cli.bench.copier import copy
from shared.events import Decoder, RequestSubmitted, encode
from shared.runtime.kafka import Record

_REQUESTS = Decoder([RequestSubmitted])


def _validated(record: Record) -> bytes:
    return encode(_REQUESTS.decode(record.value))


if __name__ == "__main__":
    bootstrap, source, target, count = sys.argv[1:]
    uvloop.run(copy(bootstrap, source, target, int(count), _validated))
