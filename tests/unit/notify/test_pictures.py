"""A picture of the work in the message that tells of its end."""

import pytest

from services.notify.inbound import collect_updates
from services.notify.records import MessageData
from services.notify.rules.model import CaseFacts
from tests.support.notify.factories import CONTACT_KEY, closed, message_data, renderer

OURS = "https://311.example.org/v1/media/0197a1b2c3d47000800000000000000a"
ELSEWHERE = "https://example.com/after.jpg"
SEEN = "You can see a photo of the work on the page of your report."


def letter(case: CaseFacts) -> str:
    data: MessageData = message_data(template="completed", case=case)
    return renderer().render(data).text


@pytest.mark.parametrize(("url", "has_picture"), [(OURS, True), (ELSEWHERE, False)])
def test_a_picture_that_was_handed_in_to_us_counts(url: str, has_picture: bool) -> None:
    event = closed("c", 3, media=[{"url": url}], bureau="PBOT-MAINT")

    (trigger,) = collect_updates([event], CONTACT_KEY).triggers.values()

    assert trigger.facts.has_picture is has_picture


def test_a_picture_that_everybody_may_see_is_told_of() -> None:
    assert SEEN in letter(CaseFacts(bureau="PBOT-MAINT", has_picture=True))


@pytest.mark.parametrize(
    "case",
    [
        CaseFacts(bureau="PBOT-MAINT"),
        CaseFacts(bureau="NEEDS-RELEASE", has_picture=True),
        CaseFacts(has_picture=True),
    ],
)
def test_no_picture_is_promised_that_the_page_may_not_show(case: CaseFacts) -> None:
    assert SEEN not in letter(case)
