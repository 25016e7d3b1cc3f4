"""The mixes of submissions, where they may go, and the interpreter that is named."""

import platform
import re
import sysconfig
from random import Random
from statistics import quantiles
from typing import Any

import pytest

from services.intake.inbound.validation import ValidatedSubmission, validate
from shared.runtime.clock import utc_now
from workbench.adapter.command import offline_policy
from workbench.bench import people, report_texts
from workbench.bench.interpreter import running_interpreter
from workbench.bench.load import submissions
from workbench.bench.mix import LeadsAwayError, Mix, outgoing_settings, require_this_machine

COUNT = 2_000
PHONE = re.compile(r"(?<!\d)\d{3}\W{0,2}\d{3}\W?\d{4}(?!\d)")


@pytest.fixture(scope="module")
def drawn() -> list[dict[str, Any]]:
    return [one.data for one in submissions(COUNT)]


def share(of: list[bool]) -> float:
    return sum(of) / len(of)


def test_people_are_in_it_as_the_constants_say(drawn: list[dict[str, Any]]) -> None:
    reporters = [one["reporter"] for one in drawn if "reporter" in one]
    reported = [one for one in drawn if "reporter" in one]

    assert len(reporters) / COUNT == pytest.approx(people.REPORTED, abs=0.04)
    assert share(["email" in one for one in reporters]) == pytest.approx(0.5, abs=0.04)
    named = [one["reporter"]["name"] in one["description"] for one in reported]
    assert share(named) == pytest.approx(0.1, abs=0.03)
    phoned = [PHONE.search(one["description"]) is not None for one in drawn]
    assert share(phoned) == pytest.approx(0.1, abs=0.03)


def test_channels_give_what_they_know(drawn: list[dict[str, Any]]) -> None:
    for name, channel in people.CHANNELS.items():
        of_channel = [one for one in drawn if one["channel"] == name]

        assert len(of_channel) / COUNT == pytest.approx(channel.weight / 100, abs=0.04)
        assert all(("latitude" in one["location"]) == channel.point for one in of_channel)
        assert all(("address" in one["location"]) == channel.address for one in of_channel)
        assert share(["media" in one for one in of_channel]) == pytest.approx(
            channel.photo, abs=0.15
        )


@pytest.mark.parametrize("mix", Mix)
def test_every_submission_is_accepted_and_contact_data_are_removed(mix: Mix) -> None:
    policy, now = offline_policy(), utc_now()

    for submission in submissions(300, mix=mix):
        valid = validate(submission, now, policy)

        assert isinstance(valid, ValidatedSubmission)
        assert not PHONE.search(valid.description)
        assert not valid.name or valid.name not in valid.description


def test_made_up_texts_are_as_long_as_real_ones() -> None:
    for language, texts in report_texts.made_up_texts(Random(1)).items():
        lengths = [int(length) for length in report_texts.LENGTHS[language].split()]

        assert quantiles(map(len, texts), n=20) == pytest.approx(lengths[1:-1], rel=0.2)


@pytest.mark.skipif(not report_texts.REAL.exists(), reason="the real reports are not here")
def test_the_lengths_are_those_of_the_real_texts() -> None:
    for language, texts in report_texts.report_texts().items():
        lengths = [int(length) for length in report_texts.LENGTHS[language].split()]

        assert quantiles(map(len, texts), n=20) == pytest.approx(lengths[1:-1], rel=0.2)


@pytest.mark.parametrize(
    ("name", "value", "is_refused"),
    [
        ("INTAKE_PELIAS_URL", "https://geocoder.example/v1", True),
        ("NOTIFY_SECOND_SMS_URL", "https://sms.example", True),
        ("NOTIFY_SMTP_HOST", "mail.example", True),
        ("INTAKE_MEDIA_S3_ENDPOINT", "http://127.0.0.1:9000", False),
        ("NOTIFY_SMTP_HOST", "localhost", False),
        ("INTAKE_PUBLIC_URL", "https://311.example", False),
        ("PELIAS_URL", "https://geocoder.example", False),
    ],
)
def test_a_router_that_talks_to_other_machines_gets_no_texts(
    name: str, value: str, *, is_refused: bool
) -> None:
    if is_refused:
        with pytest.raises(LeadsAwayError, match=name):
            require_this_machine(outgoing_settings({name: value}))
    else:
        require_this_machine(outgoing_settings({name: value}))


def test_the_interpreter_is_named_with_its_build() -> None:
    python = running_interpreter()

    assert python.version == platform.python_version()
    assert python.pgo == ("--enable-optimizations" in sysconfig.get_config_var("CONFIG_ARGS"))
    assert python.flags == sysconfig.get_config_var("CFLAGS")
