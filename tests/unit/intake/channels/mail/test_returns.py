from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.intake.channels.mail.rules.addresses import (
    RETURNED_WITHIN,
    OurAddresses,
    ReturnReport,
    may_return,
)
from services.intake.channels.mail.rules.message import read_mail
from tests.support.intake.mail_corpus.making import CITY
from tests.support.intake.mail_corpus.returns import (
    COMPLAINT,
    EXCHANGE,
    GMAIL,
    ID,
    POSTFIX,
    TO,
    WITHOUT_SENDER,
    failure,
    report,
)

MADE = datetime.fromtimestamp(0x019ABD6E7C00 / 1000, UTC)
STATUS, FEEDBACK = "delivery-status", "feedback-report"
ADDRESSES = OurAddresses({"portland.gov": [CITY]})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(report(STATUS, POSTFIX), ReturnReport("bounced", "5.1.1"), id="Postfix"),
        pytest.param(report(STATUS, EXCHANGE), ReturnReport("bounced", "5.1.10"), id="Exchange"),
        pytest.param(report(STATUS, GMAIL), ReturnReport("bounced", "5.2.1"), id="Gmail"),
        pytest.param(
            report(STATUS, failure("4.4.7 (delivery time expired)")),
            ReturnReport("bounced_for_now", "4.4.7"),
            id="given up",
        ),
        pytest.param(
            report(STATUS, failure("5.2.2")),
            ReturnReport("bounced_for_now", "5.2.2"),
            id="mailbox full",
        ),
        pytest.param(
            report(STATUS, failure("5.7.1")),
            ReturnReport("bounced_for_now", "5.7.1"),
            id="taken for spam",
        ),
        pytest.param(
            report(STATUS, failure("no idea")), ReturnReport("bounced_for_now"), id="no status"
        ),
        pytest.param(report(STATUS, failure("4.4.1", "delayed")), None, id="still tried"),
        pytest.param(report(STATUS, failure("2.1.5", "delivered")), None, id="delivered"),
        pytest.param(report(STATUS, "Reporting-MTA: dns; x"), None, id="of no recipient"),
        pytest.param(
            report(FEEDBACK, COMPLAINT), ReturnReport("complained", named=ID), id="complaint"
        ),
        pytest.param(
            report(FEEDBACK, WITHOUT_SENDER),
            ReturnReport("complained", named=ID),
            id="complaint that names the message by its id",
        ),
        pytest.param(report(FEEDBACK, COMPLAINT.replace("abuse", "not-spam")), None, id="praise"),
        pytest.param(b"Content-Type: multipart/report\r\n\r\nno parts", None, id="broken"),
        pytest.param(
            b"From: a@b.example\r\nSubject: Out of office\r\n\r\n550 5.1.1", None, id="a person"
        ),
    ],
)
def test_a_report_says_what_happened_to_a_message(
    content: bytes, expected: ReturnReport | None
) -> None:
    assert read_mail(content, "<>").report == expected


def test_a_report_comes_back_to_the_id_of_a_young_message_at_a_domain_of_ours() -> None:
    later = MADE + RETURNED_WITHIN

    assert ADDRESSES.returned_id(TO.upper(), later) == ID
    assert ADDRESSES.returned_id(TO, later + timedelta(seconds=1)) is None
    assert ADDRESSES.returned_id(TO.replace("portlandoregon.gov", "evil.example"), MADE) is None
    assert ADDRESSES.returned_id(CITY, MADE) is None
    assert ADDRESSES.city(TO) == "portland.gov"


def test_an_id_that_no_message_has_comes_back_to_nobody() -> None:
    now = datetime.fromtimestamp(0x019ABD6E7C00 / 1000, UTC)

    assert may_return(ID, now)
    assert not may_return(ID, now - timedelta(days=1))  # of the future
    assert not may_return(str(uuid4()), now)
    assert not may_return("-" * 36, now)
