"""Each e-mail of the corpus, and what becomes of it; the guide shows the same table."""

from datetime import timedelta

import pytest

from services.intake.channels.conversations.rules import TextReader
from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.channels.mail.rules.headers import takes_answers
from services.intake.channels.mail.rules.machine import MailReport, MailStep, Question, on_report
from services.intake.channels.mail.rules.message import Mail, read_mail
from services.intake.identifiers import numbers_in
from services.intake.policy import city_of
from shared.catalogue import load_catalogue
from tests.support.builders import NOON
from tests.support.intake.factories import FakeBoundaries
from tests.support.intake.mail_corpus.charsets import CHARSETS
from tests.support.intake.mail_corpus.machines import HOSTILE, MACHINES
from tests.support.intake.mail_corpus.making import CITY, NUMBER, TAG, Case
from tests.support.intake.mail_corpus.reports import REPORTS
from tests.support.intake.mail_corpus.threads import THREADS
from tests.support.paths import REPOSITORY

GUIDE = REPOSITORY / "docs" / "email.md"
PORTLAND = load_catalogue().jurisdictions["portland.gov"]
READER = TextReader(PORTLAND, city_of(PORTLAND, FakeBoundaries()).screen_text)
ADDRESSES = OurAddresses({PORTLAND.id: [CITY]})
CORPUS = [*REPORTS, *CHARSETS, *THREADS, *MACHINES, *HOSTILE]
ASKED: dict[Question, str] = {
    "what": "question (what)",
    "where": "question (where)",
    "what_where": "question (what and where)",
    "danger_where": "question (where)",
}


def fate_of(mail: Mail) -> tuple[str, str, str]:
    """What becomes of a message, its words and its place."""
    if mail.is_by_machine:
        return "machine", "", ""
    if mail.address and ADDRESSES.city(mail.address):
        return "own", "", ""
    if mail.is_too_long:
        return "too long", "", ""
    if TAG in [ADDRESSES.token(id_.strip("<>")) for id_ in mail.references]:
        return "answer", mail.text, ""
    if NUMBER in [n for text in (mail.subject, *mail.references) for n in numbers_in(text)]:
        return "note", mail.text, ""
    report = MailReport("1", mail.words, mail.attached, NOON, NOON + timedelta(1), "a@b.c", None)
    step = on_report(report, READER, may_ask=takes_answers(mail.address))
    read = step.submit or step.keep
    return _said(step, mail), mail.words, (read.place if read else None) or ""


def _said(step: MailStep, mail: Mail) -> str:
    is_danger = READER.assess(mail.words[:4_000]).is_danger
    taken = ("danger" if is_danger else "request") if step.submit else ""
    return ", ".join(
        filter(
            None,
            [
                taken or ("" if step.question else "empty"),
                ASKED[step.question] if step.question else "",
            ],
        )
    )


@pytest.mark.parametrize("case", CORPUS, ids=[case.name for case in CORPUS])
def test_what_becomes_of(case: Case) -> None:
    mail = read_mail(case.content, case.return_path)
    fate, words, place = fate_of(mail)

    assert (fate, place, len(mail.pictures)) == (case.fate, case.place, case.pictures)
    if case.text or fate in {"answer", "note"}:
        assert words == case.text


def test_the_guide_tells_what_becomes_of_each() -> None:
    rows = "".join(f"| {case.name} | {case.fate} |\n" for case in CORPUS)

    assert f"| e-mail | what becomes of it |\n|---|---|\n{rows}" in GUIDE.read_text()
    assert len(CORPUS) >= 60
    assert len({case.name for case in CORPUS}) == len(CORPUS)
