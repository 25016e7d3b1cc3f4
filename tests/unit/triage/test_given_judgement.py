"""Triage decides the same whether intake's judgement came with the request or not."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from typing import Any

import pytest

from services.intake.inbound.validation import ValidatedSubmission, validate
from services.intake.outbound import AdminArea, RequestNames, accept
from services.intake.policy import IntakePolicy, city_of
from services.triage.decisions.assessment import assess_report
from services.triage.decisions.resolution import resolve
from services.triage.outbound import to_decision
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import load_catalogue
from shared.catalogue.judgement import danger_condition, predicted_conditions
from shared.contract.events import (
    Decoder,
    Judgement,
    RequestSubmitted,
    RequestTriaged,
    SubmittedRequest,
    encode,
)
from tests.support.builders import NOON, handed_in, submission
from tests.support.intake.factories import FakeBoundaries
from tests.support.paths import DATA, REPOSITORY
from workbench.evaluation.text_model.real_reports import read_report_texts

TEXTS = sorted((REPOSITORY / "workbench" / "evaluation" / "texts").glob("*.jsonl"))
REAL = DATA / "real_reports"
EVERY = 25  # of the texts
EVERY_REAL = 50

CATALOGUE = load_catalogue()
PORTLAND = CATALOGUE.jurisdictions["portland.gov"]
TRIAGE = TriagePolicy(CATALOGUE)
INTAKE = IntakePolicy(
    {PORTLAND.id: city_of(PORTLAND, FakeBoundaries())},
    reporter_key=b"a key",
    public_url="http://x",
    text_rules_version=TRIAGE.text_rules_version,
)
DANGER = danger_condition("fire")
WRONG = {"severity": "danger", "conditions": {DANGER: ()}, "doubted": {}}


@cache
def example_texts() -> list[str]:
    lines = (line for path in TEXTS for line in path.read_text("utf-8").splitlines()[::EVERY])
    return [json.loads(line)["text"] for line in lines]


@cache
def real_texts() -> list[str]:
    return list(islice(read_report_texts(REAL).values(), 0, None, EVERY_REAL))


def requests(texts: list[str]) -> Iterator[SubmittedRequest]:
    """Yield the requests that intake makes of texts under all kinds, some with answers."""
    kinds = cycle(PORTLAND.services)
    for number, text in enumerate(texts):
        kind = next(kinds) if number % 2 else None
        parts: dict[str, Any] = {"service_code": kind, "description": text[:4_000]}
        if number % 3 == 0:
            parts["attributes"] = {"remarks": texts[number - 1][:400], "lane_blocked": "yes"}
        if number % 4 == 0:
            parts["location"] = {"address": "1221 SW 4th Ave", "details": texts[number - 2][:200]}
        yield published(**parts)


def published(**parts: Any) -> SubmittedRequest:
    """Return a request of Portland as triage reads it."""
    handed = handed_in(submission(jurisdiction=PORTLAND.id, **parts))
    validated = validate(handed, NOON, INTAKE)
    assert isinstance(validated, ValidatedSubmission)
    names = RequestNames("26-7KQ4-M2", "req_7k4m92hdx")
    event, *_ = accept(validated, AdminArea("SW", PORTLAND.id), names, NOON, INTAKE).events
    return Decoder([RequestSubmitted]).decode(encode(event)).data


def decision(request: SubmittedRequest, **judgement: Any) -> str:
    """Return the decision on a request as JSON, with changes of its judgement."""
    assert request.judgement is not None
    changed = request.judgement.model_copy(update=judgement)
    return decided(request.model_copy(update={"judgement": changed}))


def decided(request: SubmittedRequest) -> str:
    resolution = resolve(assess_report(request, TRIAGE), CaseIndex())
    return to_decision(resolution, TRIAGE.version).model_dump_json()


def without(request: SubmittedRequest) -> SubmittedRequest:
    return request.model_copy(update={"judgement": None})


@pytest.mark.parametrize(
    "texts",
    [
        example_texts,
        pytest.param(
            real_texts,
            marks=pytest.mark.skipif(not REAL.is_dir(), reason="the texts are not here"),
        ),
    ],
)
def test_the_decision_is_the_same_with_and_without_the_judgement(texts: Any) -> None:
    severities = set()
    for request in requests(texts()):
        assert decided(request) == decided(without(request))
        assert request.judgement is not None
        severities.add(request.judgement.severity)

    assert severities >= {"urgent", "routine"}


def test_a_judgement_by_the_rules_of_here_is_not_made_again() -> None:
    request = published(description="A cat sits in the tree")

    assert json.loads(decision(request, **WRONG))["conditions"] == [DANGER]


def test_a_judgement_by_other_rules_is_void() -> None:
    request = published(description="A cat sits in the tree")

    assert decision(request, version="of others", **WRONG) == decided(without(request))


def test_the_judgement_quotes_no_word() -> None:
    codes = {*PORTLAND.conditions, *predicted_conditions(PORTLAND.trained_model)}
    for request in requests(example_texts()):
        assert request.judgement is not None
        found = request.judgement.model_dump()
        assert found.keys() == Judgement.model_fields.keys()
        assert {*found["conditions"], *found["doubted"]} <= codes


def test_the_decision_does_not_carry_the_judgement() -> None:
    event = RequestSubmitted.of(published(description="A wire is sparking"), now=NOON)
    resolution = resolve(assess_report(event.data, TRIAGE), CaseIndex())
    triaged = RequestTriaged.of(to_decision(resolution, TRIAGE.version), now=NOON)

    assert b"judgement" in encode(event)
    assert b"judgement" not in encode(triaged)
