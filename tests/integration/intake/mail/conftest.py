"""The city's e-mail with a database and a mail server."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from services.intake.channels.conversations.waiting import conversation_sealer
from services.intake.channels.mail.channel import QuestionSender
from services.intake.channels.mail.conversations import MailConversations
from services.intake.channels.mail.reading import MailReader
from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.media.folder import MediaFolder
from services.intake.media.library import MediaLibrary
from services.intake.media.reencoding import Reencoder
from services.intake.policy import IntakePolicy, city_of
from shared.catalogue import load_catalogue
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Pool
from shared.runtime.smtp import SmtpSettings
from tests.integration.intake.mail.postbox import CITY, Postbox
from tests.support.intake.factories import KEY, FakeBoundaries
from tests.support.intake_ports import ports_of
from tests.support.notify.mail_server import open_mail_server
from tests.support.stack import Stores

PORTLAND = load_catalogue().jurisdictions["portland.gov"]
POLICY = IntakePolicy(
    {PORTLAND.id: city_of(PORTLAND, FakeBoundaries())}, KEY, "https://311.example.org"
)


@pytest.fixture
async def postbox(pool: Pool, stores: Stores, tmp_path: Path) -> AsyncGenerator[Postbox]:
    addresses = OurAddresses({PORTLAND.id: [CITY]})
    library = MediaLibrary(pool, MediaFolder(tmp_path / "media"), Reencoder())
    sealer = conversation_sealer([KEY])
    async with open_mail_server() as sent:
        smtp = SmtpSettings(smtp_host="127.0.0.1", smtp_port=sent.port)
        questions = QuestionSender(
            pool,
            POLICY.jurisdictions,
            POLICY.languages,
            sealer,
            addresses,
            smtp,
            lambda: box.now,
        )
        relay = Relay(pool, stores.access)
        reader = MailReader()
        core = ports_of(POLICY, pool=pool, hand_over=relay.hand_over, pictures=library)
        mails = MailConversations(core, sealer, addresses, reader, questions.wake)
        box = Postbox(mails, questions, sent, pool)
        yield box
        await reader.pool.close()
