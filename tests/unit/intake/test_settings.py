from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.channels.conversations.waiting import conversation_sealer
from services.intake.settings import IntakeSettings
from shared.runtime.sealing import UnreadableError

BUCKET = {
    "media_folder": None,
    "media_bucket": "pictures",
    "media_s3_access_key_id": "AKIAEXAMPLE",
    "media_s3_secret_access_key": "a secret of S3",
}
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


def test_pictures_are_kept_in_a_bucket_whose_secret_may_be_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    monkeypatch.setenv("INTAKE_MEDIA_S3_SECRET_ACCESS_KEY_FILE", str(file))
    of_file = {name: value for name, value in BUCKET.items() if "secret" not in name}

    for kept, secret in ((settings(**BUCKET), "a secret of S3"), (settings(**of_file), None)):
        assert kept.media_folder is None
        assert kept.media_s3_secret_access_key
        told = kept.media_s3_secret_access_key.get_secret_value()
        assert told == (secret or "from the file")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"media_folder": None}, "set either INTAKE_MEDIA_FOLDER or INTAKE_MEDIA_BUCKET"),
        (BUCKET | {"media_folder": "/media"}, "set either INTAKE_MEDIA_FOLDER or"),
        (
            BUCKET | {"media_s3_secret_access_key": None},
            "INTAKE_MEDIA_BUCKET needs INTAKE_MEDIA_S3_SECRET_ACCESS_KEY, too",
        ),
        (
            {"media_folder": None, "media_bucket": "pictures"},
            "needs INTAKE_MEDIA_S3_ACCESS_KEY_ID and INTAKE_MEDIA_S3_SECRET_ACCESS_KEY, too",
        ),
        ({"media_s3_access_key_id": "AKIAEXAMPLE"}, "is set without INTAKE_MEDIA_BUCKET"),
        ({"media_s3_endpoint": "https://s3.example.org"}, "is set without INTAKE_MEDIA_BUCKET"),
        (BUCKET | {"media_s3_endpoint": "http://s3.example.org"}, "write an https URL"),
    ],
    ids=str,
)
def test_a_storage_of_pictures_that_is_half_set_is_refused_and_says_why(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told) as refused:
        settings(**changes)
    assert "a secret of S3" not in str(refused.value)


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


def test_e_mail_in_needs_a_server_that_takes_its_questions() -> None:
    with pytest.raises(ValidationError, match="INTAKE_MAIL_PORT needs INTAKE_SMTP_HOST"):
        settings(mail_port=2525)
    assert settings(mail_port=2525, smtp_host="127.0.0.1").smtp_encryption == "when_offered"


def test_the_gateways_token_may_be_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("the token of the gateway\n")
    monkeypatch.setenv("INTAKE_SMS_TOKEN_FILE", str(tmp_path / "token"))

    token = settings().sms_token

    assert token
    assert token.get_secret_value() == "the token of the gateway"


def test_seals_of_waiting_reports_open_by_every_secret_that_was_in_use() -> None:
    reporter_key, new, old = (f"{name} of sixteen characters" for name in ("first", "new", "old"))
    first = settings(reporter_key=reporter_key)
    rotated = settings(reporter_key=reporter_key, contact_key=new, contact_key_before=old)
    empty = settings(reporter_key=reporter_key, contact_key="", contact_key_before="")
    sealers = [conversation_sealer(one.conversation_secrets) for one in (first, rotated, empty)]
    sealed = [sealer.seal("+15035550100", "row") for sealer in sealers]

    assert {sealers[1].open(one, "row") for one in sealed} == {"+15035550100"}
    with pytest.raises(UnreadableError):
        sealers[0].open(sealed[1], "row")
    assert sealers[0].open(sealed[2], "row")
