from datetime import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.notify.rules.daily_limit import QuietHours
from services.notify.settings import NotifySettings, SecondProviders


def settings(**changes: Any) -> NotifySettings:
    fields: dict[str, Any] = {
        "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
        "postgres_dsn": "postgresql://127.0.0.1/postgres",
        "http_port": 0,
        "contact_key": "sixteen characters",
        "public_url": "https://311.example.org",
        "sender": "311@city.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": 25,
    }
    return NotifySettings(**(fields | changes))


@pytest.mark.parametrize("encryption", ["when_offered", "never"])
def test_a_password_never_goes_out_in_the_clear(encryption: str) -> None:
    with pytest.raises(ValidationError, match="smtp_encryption"):
        settings(smtp_user="route311", smtp_encryption=encryption)


@pytest.mark.parametrize("encryption", ["required", "from_the_start"])
def test_a_password_goes_out_encrypted(encryption: str) -> None:
    login = {"smtp_user": "route311", "smtp_password": "of the tests"}
    given = settings(**login, smtp_encryption=encryption)

    assert given.smtp_user == "route311"


def test_a_user_without_a_password_is_refused() -> None:
    with pytest.raises(ValidationError, match="NOTIFY_SMTP_PASSWORD"):
        settings(smtp_user="route311", smtp_encryption="required")


@pytest.mark.parametrize(
    ("host", "encryption"),
    [
        ("mail.example.org", "required"),
        ("10.0.0.5", "required"),
        ("mailpit", "required"),
        ("127.0.0.1", "when_offered"),
        ("localhost", "when_offered"),
        ("::1", "when_offered"),
    ],
)
def test_mail_to_another_machine_is_encrypted_unless_the_setting_says_otherwise(
    host: str, encryption: str
) -> None:
    assert settings(smtp_host=host).smtp_encryption == encryption
    assert settings(smtp_host=host, smtp_encryption="never").smtp_encryption == "never"


def test_a_file_of_authorities_that_is_not_there_stops_the_process() -> None:
    with pytest.raises(ValidationError, match="smtp_ca_file"):
        settings(smtp_ca_file="/nowhere/ca.pem")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact_key", "short"),
        ("public_url", "311.example.org"),
        ("sender", "City <311@city.example>"),
        ("smtp_connections", 0),
        ("smtp_within_s", 0),
    ],
)
def test_what_cannot_work_stops_the_process_at_its_start(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        settings(**{field: value})


SMS = {
    "sms_account": "AC1",
    "sms_token": "a token of sixteen characters",
    "sms_numbers": "+15035550199=portland.gov",
}


@pytest.mark.parametrize(
    ("given", "hours"),
    [
        ("off", None),
        ("21:00-08:00", QuietHours(time(21), time(8))),
        ("00:30-06:15", QuietHours(time(0, 30), time(6, 15))),
    ],
)
def test_quiet_hours_are_two_times_or_off(given: str, hours: QuietHours | None) -> None:
    assert settings(quiet_hours=given).quiet_hours == hours


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"quiet_hours": "at night"}, "21:00-08:00, or off", id="no times"),
        pytest.param({"sms_url": "http://sms.example.org"}, "https URL", id="in plain text"),
        pytest.param({"sms_url": "https://a:b@sms.example.org"}, "base URL", id="with a password"),
        pytest.param({"sms_account": ""}, "NOTIFY_SMS_ACCOUNT", id="a token without an account"),
        pytest.param({"sms_numbers": ""}, "NOTIFY_SMS_NUMBERS", id="no number to send from"),
        pytest.param({"sms_account": "AC1/../2"}, "sms_account", id="an account with a path"),
    ],
)
def test_sms_that_cannot_work_stops_the_process_at_its_start(
    changes: dict[str, str], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        settings(**(SMS | changes))


def test_the_sms_account_has_a_number_for_each_city_and_is_off_without_a_token() -> None:
    account = settings(**SMS).sms

    assert account
    assert account.numbers == {"portland.gov": "+15035550199"}
    assert account.messages_url == ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json")
    assert settings().sms is None


def test_secrets_are_not_printed() -> None:
    assert "sixteen" not in f"{settings(**SMS)} {settings(**SMS).sms}"
    assert "sixteen" not in repr(settings())


def test_a_key_that_signs_needs_its_name_in_the_dns(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.touch()

    with pytest.raises(ValidationError, match="NOTIFY_DKIM_SELECTOR"):
        settings(dkim_key_file=key)
    with pytest.raises(ValidationError, match="NOTIFY_DKIM_KEY_FILE"):
        settings(dkim_selector="s1")
    assert settings(dkim_key_file=key, dkim_selector="s1").dkim_domain is None


def test_the_second_providers_have_settings_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SMTP_HOST", "first.example")
    assert (SecondProviders().smtp_host, SecondProviders().sms) == ("", None)

    monkeypatch.setenv("NOTIFY_SECOND_SMTP_HOST", "second.example")
    assert SecondProviders().smtp_host == "second.example"
    monkeypatch.setenv("NOTIFY_SECOND_SMS_TOKEN", "a token of sixteen characters")
    with pytest.raises(ValidationError, match="NOTIFY_SECOND_SMS_ACCOUNT"):
        SecondProviders()
