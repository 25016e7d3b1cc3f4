import subprocess
from email import message_from_bytes
from email.policy import default

import dkim
import pytest

from services.notify.channels.email.channel import DkimSigner, EmailSender
from services.notify.channels.email.message import MailIdentity
from services.notify.records import ClaimedDelivery
from tests.support.builders import NOON
from tests.support.notify.deliveries import FakeMailer
from tests.support.notify.factories import LINKS, MESSAGE, SENDER, message_data, renderer, stored

INBOX = "311@portlandoregon.gov"


async def sent(identity: MailIdentity) -> tuple[bytes, str | None, str]:
    """A message, its envelope's sender, and its id."""
    mailer, one = FakeMailer(), stored()
    claimed = ClaimedDelivery(one, 0, "ana@example.org", suppressed=None, data=message_data())
    await EmailSender(mailer, renderer().render, identity).send(claimed, "ana@example.org", NOON)
    return mailer.contents[0], mailer.returns_to[0], one.notification_id


async def test_answers_go_to_the_citys_inbox_and_bounces_name_their_message() -> None:
    content, returns_to, id_ = await sent(MailIdentity(SENDER, {"portland.gov": INBOX}))

    message = message_from_bytes(content, policy=default)
    assert message["Reply-To"] == INBOX
    assert message["References"] == "<26-7KQ4-M2@portlandoregon.gov>"
    assert returns_to == f"bounce+{id_}@portlandoregon.gov"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"] == f"<{LINKS.url('unsubscribe', MESSAGE)}>"


async def test_a_thread_has_one_sender_that_of_the_citys_questions() -> None:
    content, *_ = await sent(MailIdentity(SENDER, {"portland.gov": INBOX}))
    other, *_ = await sent(MailIdentity(SENDER, {"lakeside.gov": INBOX}))

    assert message_from_bytes(content)["From"] == f"City of Portland <{INBOX}>"
    assert message_from_bytes(other)["From"] == f"City of Portland <{SENDER}>"


async def test_a_city_without_an_inbox_gets_both_at_the_sender() -> None:
    content, returns_to, _ = await sent(MailIdentity(SENDER))

    assert message_from_bytes(content)["Reply-To"] is None
    assert returns_to is None


@pytest.fixture(scope="module")
def key() -> bytes:
    return _openssl("genrsa", "1024")


def public_record(key: bytes) -> bytes:
    lines = _openssl("rsa", "-pubout", content=key).splitlines()
    return b"v=DKIM1; k=rsa; p=" + b"".join(lines[1:-1])


def _openssl(*arguments: str, content: bytes = b"") -> bytes:
    command = ["openssl", *arguments]
    run = subprocess.run(command, check=True, capture_output=True, input=content)  # noqa: S603
    return run.stdout


async def test_a_signed_message_is_verified_by_the_key_in_the_dns_and_no_other(key: bytes) -> None:
    record = public_record(key)
    signer = DkimSigner("city.example", "s1", key)
    content, *_ = await sent(MailIdentity(SENDER, {"portland.gov": INBOX}, signer.signed))

    def dns(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        assert name == b"s1._domainkey.city.example."
        return record

    assert dkim.verify(content, dnsfunc=dns)
    assert not dkim.verify(content.replace(b"We got", b"We lost"), dnsfunc=dns)
    assert not dkim.verify(content.replace(b"Reply-To: 311", b"Reply-To: 312"), dnsfunc=dns)


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="no RSA key"):
        DkimSigner("city.example", "s1", b"-----BEGIN NOTHING-----").signed(b"From: a\r\n\r\n")
