"""The parts of forwarding, put together: a worker for each bureau that forwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.dispatch.channels.forwarding.digest_mail import DigestHead
from services.dispatch.channels.forwarding.digest_worker import DigestWorker
from services.dispatch.channels.forwarding.open311_client import Open311Client
from services.dispatch.channels.forwarding.open311_worker import Open311Worker
from services.dispatch.channels.forwarding.store.digests import Digests
from services.dispatch.channels.forwarding.store.forwards import ForwardQueue
from services.dispatch.channels.forwarding.updates import RemoteUpdates
from services.dispatch.policy import DispatchPolicy
from services.dispatch.settings import DispatchSettings
from shared.catalogue import Bureau, DigestForward, Jurisdiction, Open311Forward
from shared.errors import Route311Error
from shared.runtime.http.outgoing_calls import OutgoingCalls
from shared.runtime.outbox.outbox import HandOver
from shared.runtime.postgres import Pool
from shared.runtime.secret_files import secret_from_environment
from shared.runtime.service import ServiceTask


class ForwardSettingError(Route311Error):
    """A bureau of the catalogue forwards, and a setting that this needs is missing."""

    code = "forward_setting"


class ForwardingParts(NamedTuple):
    """The workers.

    Attributes:
        tasks: What they do until the stop.
        wake: Makes those look at once that send each work order.
    """

    tasks: Sequence[ServiceTask]
    wake: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Makes the workers.

    Attributes:
        policy: Dispatch's rules, with the bureaus.
    """

    settings: DispatchSettings
    policy: DispatchPolicy
    pool: Pool
    calls: OutgoingCalls
    on_commit: HandOver
    clock: Callable[[], datetime]

    def parts(self) -> ForwardingParts:
        """Return the workers of all bureaus that forward.

        Raises:
            ForwardSettingError: A key or the mail server is missing.
        """
        senders, mailers = list[Open311Worker](), list[DigestWorker]()
        for city in self.policy.catalogue.jurisdictions.values():
            for bureau in city.bureaus.values():
                forward = bureau.forward
                if forward and forward.open311:
                    senders.append(self._sender(bureau.code, forward.open311))
                if forward and forward.digest:
                    mailers.append(self._mailer(city, bureau, forward.digest))

        def wake() -> None:
            for sender in senders:
                sender.wake()

        return ForwardingParts([*(one.run for one in senders), *(one.run for one in mailers)], wake)

    def _sender(self, bureau: str, to: Open311Forward) -> Open311Worker:
        key = secret_from_environment(to.api_key_env)
        if not key:
            raise ForwardSettingError(f"{bureau} forwards by Open311: set {to.api_key_env}")
        updates = RemoteUpdates(self.pool, self.policy, self.on_commit, bureau, self.clock)
        client = Open311Client(self.calls, to, key)
        return Open311Worker(ForwardQueue(self.pool, bureau), client, updates, self.clock)

    def _mailer(self, city: Jurisdiction, bureau: Bureau, to: DigestForward) -> DigestWorker:
        if not (self.settings.smtp_host and self.settings.sender):
            raise ForwardSettingError(
                f"{bureau.code} gets a digest: set DISPATCH_SMTP_HOST and DISPATCH_SENDER"
            )
        zone, sender = self.policy.calendars[city.id].zone, self.settings.sender
        head = DigestHead(bureau.code, bureau.name, city.name, zone, sender, to.email)
        digests = Digests(self.pool, bureau.code)
        return DigestWorker(digests, head, to.at, self.settings, self.clock)
