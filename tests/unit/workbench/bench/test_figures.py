"""Arithmetic of the benchmarks."""

import pytest

from workbench.bench.database import Statement
from workbench.bench.load import EAST, NORTH, SOUTH, WEST, submissions
from workbench.bench.profile import Profile
from workbench.bench.scale import planned_runs
from workbench.bench.size import city_area
from workbench.bench.topic_volumes import TopicVolume, written_since


def test_what_was_written_since_leaves_out_idle_topics_and_counts_bureaus_as_one() -> None:
    before = {"a": TopicVolume(5, 500), "b": TopicVolume(1, 10)}
    now = {
        "a": TopicVolume(7, 900),
        "b": TopicVolume(1, 10),
        "bureau-water-work": TopicVolume(2, 20),
        "bureau-pbot-mod-work": TopicVolume(3, 30),
    }

    assert written_since(before, now) == {
        "a": TopicVolume(2, 400),
        "bureau-…-work": TopicVolume(5, 50),
    }


def test_wal_is_told_by_service_and_time_by_call() -> None:
    statements = [
        Statement("triage", "COPY", calls=4, total_ms=10.0, rows=4, wal_bytes=100),
        Statement("triage", "INSERT", calls=1, total_ms=1.0, rows=1, wal_bytes=11),
        Statement("notify", "UPDATE", calls=1, total_ms=1.0, rows=1, wal_bytes=7),
    ]

    profile = Profile(statements=statements, topics={"a": TopicVolume(1, 3)})

    assert profile.wal_by_service == {"triage": 111, "notify": 7}
    assert profile.kafka_bytes == 3
    assert profile.as_json()["statements"][0]["mean_ms"] == 2.5


@pytest.mark.parametrize(
    ("processes", "runs"),
    [
        ((1, 2), [("intake", 1), ("intake", 2), ("notify", 2)]),
        ((2,), [("intake", 2), ("notify", 2)]),
        ((1,), [("intake", 1)]),
    ],
)
def test_one_process_of_each_service_runs_once(
    processes: tuple[int, ...], runs: list[tuple[str, int]]
) -> None:
    assert planned_runs(["intake", "notify"], processes) == runs


@pytest.mark.parametrize(("cases", "times"), [(100, 1), (10_000, 1), (1_000_000, 100)])
def test_an_area_grows_with_its_cases(cases: int, times: int) -> None:
    area = city_area(cases)

    assert area.height * area.width == pytest.approx(times * (NORTH - SOUTH) * (EAST - WEST))
    assert area.south + area.height / 2 == pytest.approx((NORTH + SOUTH) / 2)
    assert area.west + area.width / 2 == pytest.approx((EAST + WEST) / 2)


def test_later_submissions_are_others() -> None:
    first = {submission.id for submission in submissions(50)}
    later = {submission.id for submission in submissions(50, after=50)}

    assert len(first | later) == 100
    assert submissions(1, after=7).__next__() == submissions(1, after=7).__next__()
