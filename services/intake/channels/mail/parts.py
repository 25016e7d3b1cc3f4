"""The parts of e-mail in, put together."""

from collections.abc import Sequence
from typing import NamedTuple

from services.intake.channels.mail.conversations import MailConversations
from services.intake.channels.mail.listener import MailListener
from services.intake.channels.mail.questions import QuestionSender
from services.intake.channels.mail.reading import MailReader
from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.channels.mail.turn import MailPictures
from services.intake.media.library import MediaLibrary
from services.intake.policy import IntakePolicy
from services.intake.settings import IntakeSettings
from shared.runtime.clock import utc_now
from shared.runtime.outbox.outbox import HandOver
from shared.runtime.postgres import Pool
from shared.runtime.service import ServiceTask


class MailParts(NamedTuple):
    """The parts of e-mail in.

    Attributes:
        tasks: Listener and sender of questions; none where e-mail is off.
    """

    conversations: MailConversations
    tasks: Sequence[ServiceTask]


def mail_parts(
    settings: IntakeSettings,
    policy: IntakePolicy,
    pool: Pool,
    hand_over: HandOver,
    media: MediaLibrary,
) -> MailParts:
    """Return the parts.

    Args:
        settings: Port of the listener, and the server that takes questions.
        hand_over: Called after a commit, to pass its events to the relay.
    """
    addresses = OurAddresses(
        {id_: city.jurisdiction.inbound_mail for id_, city in policy.cities.items()}
    )
    questions = QuestionSender(pool, policy, addresses, settings, utc_now)
    pictures = MailPictures(media, policy.public_url, policy.reporter_key)
    conversations = MailConversations(
        pool, policy, hand_over, addresses, MailReader(), pictures, questions.wake
    )
    if settings.mail_port is None:
        return MailParts(conversations, ())
    listener = MailListener(settings.http_host, settings.mail_port, conversations)
    return MailParts(conversations, (listener.run, questions.run))
