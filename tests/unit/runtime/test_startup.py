"""How a service ends whose settings are wrong."""

import json
import os
import subprocess
import sys

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from shared.runtime.startup import setting_faults

GOOD = {
    "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:9",
    "INTAKE_HTTP_PORT": "0",
    "INTAKE_POSTGRES_DSN": "postgresql://route311_intake:canary-password@127.0.0.1:9/route311",
    "INTAKE_PUBLIC_URL": "https://311.example.org",
    "INTAKE_REPORTER_KEY": "canary-reporter-key-0123456789",
    "INTAKE_MEDIA_FOLDER": "/var/lib/route311/media",
    "NOTIFY_HTTP_PORT": "0",
    "NOTIFY_POSTGRES_DSN": "postgresql://route311_notify:canary-password@127.0.0.1:9/route311",
    "NOTIFY_PUBLIC_URL": "https://311.example.org",
    "NOTIFY_CONTACT_KEY": "canary-contact-key-0123456789",
    "NOTIFY_SENDER": "311@city.example",
    "NOTIFY_SMTP_HOST": "127.0.0.1",
    "NOTIFY_SMTP_PORT": "9",
}
REMOTE = "postgresql://route311_intake:canary-password@db.example.org/route311"


def faults(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings], **changes: str
) -> dict[str, str]:
    """Return the problem of each setting that is refused; no text shows a value."""
    for name, value in (GOOD | changes).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        kind()
    found = dict(setting_faults(kind, refused.value))
    assert "canary" not in str(refused.value) + str(found)
    return found


@pytest.mark.parametrize(
    ("kind", "variable"),
    [(IntakeSettings, "INTAKE_REPORTER_KEY"), (NotifySettings, "NOTIFY_CONTACT_KEY")],
)
@pytest.mark.parametrize("secret", ["", "canary", " " * 40])
def test_a_short_secret_is_refused_by_its_name_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings], variable: str, secret: str
) -> None:
    found = faults(monkeypatch, kind, **{variable: secret})

    assert set(found) == {variable}
    assert "16 characters" in found[variable]
    assert "openssl rand -base64 32" in found[variable]


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ("NOTIFY_HTTP_PORT", "NOTIFY_SENDER", "ROUTE311_LOG_LEVEL", "NOTIFY_CONTACT_KEY")

    found = faults(monkeypatch, NotifySettings, **dict.fromkeys(wrong, "canary"))

    assert set(found) == set(wrong)


def test_a_database_on_another_machine_needs_encryption_or_a_word_of_the_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = faults(monkeypatch, IntakeSettings, INTAKE_POSTGRES_DSN=REMOTE)

    assert set(found) == {"INTAKE_POSTGRES_DSN"}
    assert "sslmode=verify-full" in found["INTAKE_POSTGRES_DSN"]
    assert "ROUTE311_ALLOW_PLAINTEXT" in found["INTAKE_POSTGRES_DSN"]


@pytest.mark.parametrize(
    "dsn", ["postgresql://u:canary@[canary/x", "postgresql://u:canary\u2100@h/x"]
)
def test_a_dsn_that_is_none_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, dsn: str
) -> None:
    found = faults(monkeypatch, IntakeSettings, INTAKE_POSTGRES_DSN=dsn)

    assert set(found) == {"INTAKE_POSTGRES_DSN"}


@pytest.mark.parametrize(
    ("change", "setting", "problem"),
    [
        ({"INTAKE_REPORTER_KEY": "canary"}, "INTAKE_REPORTER_KEY", "16 characters"),
        ({"INTAKE_REPORTER_KEY_FILE": "/dev/null"}, None, "are both set; remove one of them"),
    ],
)
def test_a_service_ends_with_a_log_line_for_each_fault(
    change: dict[str, str], setting: str | None, problem: str
) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "services.intake"),
        env={"PATH": os.environ["PATH"], **GOOD, **change},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, "")
    line = json.loads(done.stdout)
    assert (line["event"], line["level"]) == ("setting_refused", "error")
    assert (line["service"], line.get("setting")) == ("intake", setting)
    assert problem in line["problem"]
    assert "canary" not in done.stdout
