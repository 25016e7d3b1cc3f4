from typing import Any

import pytest
from pydantic import ValidationError

from services.notify.settings import NotifySettings


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


def test_secrets_are_not_printed() -> None:
    assert "sixteen" not in repr(settings())
