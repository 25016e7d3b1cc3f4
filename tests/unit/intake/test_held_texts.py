"""Which descriptions wait for an operator when a submission is accepted."""

from dataclasses import replace

import pytest

from services.intake.handlers import accept_submissions
from shared.vocabulary import PublicTexts
from tests.support.builders import NOON
from tests.support.intake.factories import CITY, LAKESIDE, POLICY, raw_submission
from tests.support.intake.fakes import InMemorySubmissions

PERSONAL = "My neighbor Kevin Doyle dug a hole"
HARMLESS = "A hole by the tram stop"


@pytest.mark.parametrize(
    ("public_texts", "held"),
    [
        ("at_once", []),
        ("screened", [PERSONAL]),
        ("after_release", [PERSONAL, HARMLESS]),
    ],
)
async def test_the_city_says_which_descriptions_wait(
    public_texts: PublicTexts, held: list[str]
) -> None:
    city = replace(CITY, jurisdiction=replace(LAKESIDE, public_texts=public_texts))
    policy = replace(POLICY, cities={LAKESIDE.id: city})
    store = InMemorySubmissions()
    texts = (PERSONAL, HARMLESS)
    submissions = [raw_submission(id=text, description=text) for text in texts]

    await accept_submissions(submissions, store, policy, NOON)

    waiting = [
        text
        for text, request in zip(texts, store.requests, strict=True)
        if request.held and request.held.text_id == request.request_id
    ]
    assert waiting == held


async def test_a_repeat_holds_nothing_again() -> None:
    store = InMemorySubmissions()
    submission = raw_submission(description=PERSONAL)
    for _ in range(2):
        await accept_submissions([submission], store, POLICY, NOON)

    assert len(store.requests) == 1
