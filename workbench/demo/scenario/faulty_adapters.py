"""Planted stories about faulty adapters: repeated, conflicting, invalid and unreadable records."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.contract.events import SubmissionReceived, type_of
from workbench.demo.scenario.channels import HTTP_SOURCE
from workbench.demo.scenario.kinds import kinds
from workbench.demo.scenario.locations import random_place
from workbench.demo.scenario.stories import StoryWriter, story_content
from workbench.demo.scenario.submissions import DemoSubmission, UnreadableRecord

REPEATED, REUSED_ID, INVALID = "stutter", "reused", "wrong"

REPEATING_ADAPTER, BROKEN_ADAPTER = "/adapters/stuttering-kiosk", "/adapters/broken-kiosk"
SUBMISSIONS, TIMES = 12, 3
_REPEATED_KIND = "GRAF-SIGN"
_REPEATED_AFTER = timedelta(minutes=25)
_TOO_LARGE_BYTES = 1_300_000


def repeated_submissions(writer: StoryWriter) -> list[DemoSubmission]:
    """Return ``SUBMISSIONS`` submissions of one adapter, each ``TIMES`` times under its id."""
    once = [_graffiti(writer, number) for number in range(SUBMISSIONS)]
    return [
        submission.delayed_until(submission.sent_at + again * _REPEATED_AFTER)
        for submission in once
        for again in range(TIMES)
    ]


def reused_id(writer: StoryWriter) -> list[DemoSubmission]:
    """Return two different submissions under one id."""
    first = replace(_graffiti(writer, SUBMISSIONS), story=REUSED_ID)
    other = {**first.data, "description": "Graffiti on the other side as well."}
    return [first, replace(first, data=other).delayed_until(first.sent_at + _REPEATED_AFTER)]


def invalid_submissions(writer: StoryWriter) -> list[DemoSubmission]:
    """Return submissions that intake must reject; the last one is posted over HTTP."""
    invalid = []
    for number, entry in enumerate(story_content()[INVALID]):
        at, data = writer.at(f"{10 + number}:33"), {"channel": "kafka", **entry}
        if times := data.pop("description_times", 0):
            data["description"] *= times
        invalid.append(DemoSubmission(BROKEN_ADAPTER, f"wrong-{number}", at, at, data, INVALID))
    return [*invalid[:-1], replace(invalid[-1], source=HTTP_SOURCE)]


def unreadable_records(writer: StoryWriter) -> list[UnreadableRecord]:
    """Return a record for each reason to dead-letter a submission, and one without an id."""
    family, _, _ = type_of(SubmissionReceived).rpartition(".")
    values = (
        (b"\x00\xffnot JSON at all {", "undecodable_event"),
        (_envelope(id=None), "undecodable_event"),
        (_envelope(type="com.example.weather.v1"), "unknown_type"),
        (_envelope(type=f"{family}.v9"), "unknown_version"),
        (_envelope(data={"description": "x" * _TOO_LARGE_BYTES}), "too_large"),
    )
    return [
        UnreadableRecord(
            BROKEN_ADAPTER, writer.at("09:03") + number * timedelta(hours=2), value, code
        )
        for number, (value, code) in enumerate(values)
    ]


def _graffiti(writer: StoryWriter, number: int) -> DemoSubmission:
    place = random_place(writer.rng)
    text, language = kinds()[_REPEATED_KIND].random_text("en", place.street, writer.rng)
    return writer.write(
        story=REPEATED,
        channel="kafka",
        at=writer.at("09:10") + number * timedelta(minutes=11),
        text=text,
        place=place,
        kind=_REPEATED_KIND,
        language=language,
        source=REPEATING_ADAPTER,
    )


def _envelope(**changes: Any) -> bytes:  # noqa: ANN401 - any JSON
    fields = {
        "specversion": "1.0",
        "id": "garbage",
        "source": BROKEN_ADAPTER,
        "type": type_of(SubmissionReceived),
        "data": {},
    }
    return json.dumps({k: v for k, v in (fields | changes).items() if v is not None}).encode()
