"""Reports that wait too long, at moments of the tests' own."""

import asyncio
from datetime import timedelta

import pytest

from services.intake.channels.conversations.waiting import (
    KEPT,
    ConversationDeadlines,
    conversation_sealer,
)
from services.intake.channels.sms.conversations import ReceivedText, SmsConversations
from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.machine import ANSWER_WITHIN
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Pool
from tests.support.builders import NOON
from tests.support.intake.factories import KEY, POLICY
from tests.support.intake_ports import ports_of
from tests.support.stack import Stores

pytestmark = pytest.mark.integration

SECOND = timedelta(seconds=1)
ANA, BEN = "+15035550177", "+15035550178"


def text(sid: str, body: str, number: str = ANA) -> ReceivedText:
    return ReceivedText(sid, number, "lakeside.gov", body)


@pytest.fixture
def conversations(pool: Pool, stores: Stores) -> SmsConversations:
    core = ports_of(POLICY, pool=pool, hand_over=Relay(pool, stores.access).hand_over)
    return SmsConversations(core, conversation_sealer([KEY]))


async def test_what_waits_a_day_is_accepted_once_and_a_late_answer_is_a_note(
    conversations: SmsConversations, pool: Pool
) -> None:
    due = NOON + ANSWER_WITHIN
    await conversations.take(text("SM1", "a deep hole"), NOON)
    await conversations.take(text("SM2", "another deep hole", BEN), NOON)

    early = await ConversationDeadlines(conversations, lambda: due - SECOND).sweep()
    at_once = await asyncio.gather(
        *[ConversationDeadlines(conversations, lambda: due).sweep() for _ in range(3)]
    )
    late = await conversations.take(text("SM3", "on Main St"), due + SECOND)
    requests = await pool.fetch("SELECT address, contact, submitted_at FROM requests")
    rows = await pool.fetch("SELECT number, due_at FROM sms_conversations")

    assert (early, sum(at_once)) == (0, 2)
    assert late
    assert late.startswith("Thank you. We added that to report ")
    assert [tuple(row) for row in requests] == [(None, "given", NOON)] * 2
    assert [tuple(row) for row in rows] == [(None, None)] * 2


async def test_a_number_opens_in_its_own_row_alone_and_one_that_cannot_be_read_holds_up_no_report(
    conversations: SmsConversations, pool: Pool
) -> None:
    await conversations.take(text("SM1", "a deep hole"), NOON)
    await conversations.take(text("SM2", "another deep hole", BEN), NOON)
    [sealed, _] = await pool.fetch("SELECT number FROM sms_conversations")
    await pool.execute("UPDATE sms_conversations SET number = $1", sealed["number"])

    ended = await ConversationDeadlines(conversations, lambda: NOON + ANSWER_WITHIN).sweep()
    contacts = await pool.fetch("SELECT contact FROM requests ORDER BY contact")

    assert ended == 2
    assert [row["contact"] for row in contacts] == ["given", "none"]


async def test_a_city_that_left_the_catalogue_holds_up_no_other(
    conversations: SmsConversations, pool: Pool
) -> None:
    await conversations.take(text("SM1", "a deep hole"), NOON)
    await pool.execute("UPDATE sms_conversations SET jurisdiction = 'atlantis.gov'")
    await conversations.take(text("SM2", "another deep hole", BEN), NOON + SECOND)

    swept = await ConversationDeadlines(conversations, lambda: NOON + 2 * ANSWER_WITHIN).sweep()

    assert swept == 1


async def test_a_text_after_the_time_ends_the_old_report_first(
    conversations: SmsConversations, pool: Pool
) -> None:
    await conversations.take(text("SM1", "a deep hole"), NOON)

    late = await conversations.take(text("SM2", "on Main St"), NOON + ANSWER_WITHIN)

    assert late
    assert late.startswith("Thank you. We added that to report ")
    assert await pool.fetchval("SELECT count(*) FROM requests") == 1


async def test_old_conversations_are_deleted_and_silence_stays(
    conversations: SmsConversations, pool: Pool
) -> None:
    await conversations.take(text("SM1", "hello"), NOON)
    stopped = await conversations.take(text("SM2", "STOP", BEN), NOON)
    await ConversationDeadlines(conversations, lambda: NOON + KEPT).sweep()
    kept = await pool.fetchval("SELECT count(*) FROM sms_conversations")
    await ConversationDeadlines(conversations, lambda: NOON + KEPT + SECOND).sweep()

    assert stopped == wording.STOPPED.en
    assert kept == 2
    assert [tuple(row) for row in await pool.fetch("SELECT is_silent FROM sms_conversations")] == [
        (True,)
    ]
    assert await pool.fetchval("SELECT count(*) FROM sms_answers") == 0
