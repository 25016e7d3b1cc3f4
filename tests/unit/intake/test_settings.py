from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.settings import IntakeSettings

REMOTE = "postgresql://route311_intake:a-password@db.example.org/route311"


def settings(**changes: Any) -> IntakeSettings:
    fields: dict[str, Any] = {
        "ROUTE311_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
        "postgres_dsn": "postgresql://127.0.0.1/postgres",
        "http_port": 0,
        "public_url": "https://311.example.org",
        "reporter_key": "sixteen characters",
        "media_folder": "/var/lib/route311/media",
    }
    return IntakeSettings(**(fields | changes))


def test_plain_text_to_a_database_elsewhere_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(ValidationError, match="sslmode=verify-full") as refused:
        settings(postgres_dsn=REMOTE)
    assert "a-password" not in str(refused.value)

    assert settings(postgres_dsn=REMOTE, ROUTE311_ALLOW_PLAINTEXT="true").allow_plaintext
    assert settings(postgres_dsn=f"{REMOTE}?sslmode=verify-full")


@pytest.mark.parametrize("url", ["https://pelias.example.org/", "http://127.0.0.1:4000/"])
def test_a_geocoder_is_reached_encrypted_or_on_this_machine(url: str) -> None:
    assert str(settings(pelias_url=url).pelias_url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://pelias.example.org/",
        "ftp://pelias.example.org/",
        "https://user@pelias.example.org/",
        "https://pelias.example.org/?key=1",
    ],
)
def test_another_address_of_a_geocoder_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="pelias_url"):
        settings(pelias_url=url)


def test_numbers_for_texts_are_written_with_their_city() -> None:
    read = settings(sms_numbers=" +15035550199=portland.gov, +16175550199 = boston.gov,")

    assert read.sms_numbers == {"+15035550199": "portland.gov", "+16175550199": "boston.gov"}
    assert settings().sms_numbers == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("sms_numbers", "503-555-0199=portland.gov", id="a number without country"),
        pytest.param("sms_numbers", "portland.gov", id="a city alone"),
        pytest.param("sms_token", "short", id="a short token"),
        pytest.param("sms_url", "311.example.org/v1/channels/sms", id="no URL"),
        pytest.param("sms_url", "https://311.example.org/#rc=3", id="connection overrides"),
    ],
)
def test_unusable_settings_of_the_gateway_are_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError, match=field):
        settings(**{field: value})


def test_the_gateways_token_may_be_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("the token of the gateway\n")
    monkeypatch.setenv("INTAKE_SMS_TOKEN_FILE", str(tmp_path / "token"))

    token = settings().sms_token

    assert token
    assert token.get_secret_value() == "the token of the gateway"
