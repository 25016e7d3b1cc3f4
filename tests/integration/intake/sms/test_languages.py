"""The language of a conversation with a person who named one for texts."""

from dataclasses import replace

import pytest

from services.intake.channels.conversations.waiting import conversation_sealer
from services.intake.channels.sms.conversations import ReceivedText, SmsConversations
from services.intake.channels.sms.rules import wording
from services.intake.channels.status_view import STATUS_TEXT
from services.intake.records.submissions import LateContact
from services.intake.store.erasure import mark_erased
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Pool
from tests.support.builders import NOON
from tests.support.intake.factories import KEY, LAKESIDE, POLICY, raw_submission
from tests.support.intake.texts import LANGUAGES, spoken
from tests.support.intake_ports import ports_of
from tests.support.stack import Stores

pytestmark = pytest.mark.integration

ANA, BEN = "+15035550177", "+15035550178"


def text(sid: str, body: str, number: str = ANA) -> ReceivedText:
    return ReceivedText(sid, number, "lakeside.gov", body)


async def test_who_named_a_language_for_texts_is_answered_in_it_until_they_use_another(
    pool: Pool, stores: Stores
) -> None:
    policy = replace(POLICY, languages=LANGUAGES)
    core = ports_of(policy, pool=pool, hand_over=Relay(pool, stores.access).hand_over)
    conversations = SmsConversations(core, conversation_sealer([KEY]))
    wishes = {"phone": ANA, "language": "vi", "status_updates": ["sms"]}
    async with core.unit_of_work(NOON) as work:
        own = await work.submit(raw_submission(reporter=wishes))
        late = await work.submit(raw_submission(reporter=None))
        assert own
        assert late
        await work.give_contact(late.tracking_number, LateContact(None, None, BEN, "ar"))

    asked = f"STATUS {own.tracking_number}"
    status = await conversations.take(text("SM1", asked), NOON)
    welcome = await conversations.take(text("SM2", "ok", BEN), NOON)
    spanish = await conversations.take(text("SM3", "AYUDA"), NOON)
    async with core.unit_of_work(NOON) as work:
        await mark_erased(work.db, [own.request_id, late.request_id])
    kept = await pool.fetch("SELECT phone_language FROM requests")
    stranger = await conversations.take(text("SM4", "ok", "+15035550179"), NOON)

    kind = LAKESIDE.services["POTHOLE"].name.en
    received = spoken(STATUS_TEXT["received"], language="vi")
    of_status = {"number": own.tracking_number, "status": f"{kind}. {received}"}
    assert status == spoken(wording.STATUS, language="vi", **of_status)
    assert welcome == spoken(wording.WELCOME, language="ar")
    assert spanish == spoken(wording.HELP, language="es", phone=LAKESIDE.phone_in("es"))
    assert stranger == wording.WELCOME.en
    assert [row["phone_language"] for row in kept] == [None, None]
