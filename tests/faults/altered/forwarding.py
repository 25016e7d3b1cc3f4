"""``python -m tests.faults.altered.forwarding ENDPOINT``: dispatch with a bureau that forwards.

Its waits are short: seconds in place of minutes, in the same order of length.
"""

import sys
from datetime import timedelta
from functools import partial

from services.dispatch import app
from services.dispatch.channels.forwarding import channel
from services.dispatch.channels.forwarding.open311_worker import Open311Worker
from services.dispatch.channels.forwarding.rules import forwards
from services.dispatch.channels.forwarding.store import forwards as store
from shared import delivery_attempts
from shared.catalogue import Open311Forward, load_catalogue
from tests.faults.altered.service import run_service
from tests.support.dispatch.other_city import CITY, KIND, with_forward

BUREAU, KEY = "BPS-GRAFFITI", "FORWARD_KEY"
_SECOND = timedelta(seconds=1)


def forward_to(endpoint: str) -> None:
    """Let the bureau forward all kinds."""
    kinds = load_catalogue().jurisdictions["portland.gov"].services
    target = Open311Forward(endpoint, CITY, dict.fromkeys(kinds, KIND), KEY)
    for module, name, value in (
        (app, "load_catalogue", partial(with_forward, BUREAU, target)),
        (forwards, "LEASE", 18 * _SECOND),  # a call takes 15 s at most
        (forwards, "SHOWN_WITHIN", 8 * _SECOND),
        (delivery_attempts, "WAITS", (_SECOND,)),
        (delivery_attempts, "PROBE_EVERY", 2 * _SECOND),
        (store, "PROBE_EVERY", 2 * _SECOND),
        (channel, "Open311Worker", partial(Open311Worker, poll_every=2 * _SECOND)),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)


if __name__ == "__main__":
    forward_to(sys.argv[1])
    run_service("dispatch")
