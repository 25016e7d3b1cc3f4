"""Access to Kafka: three libraries get the same settings, and contradictions stop a process."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.triage.settings import StreamSettings
from shared.runtime.kafka_access import KafkaAccess, KafkaAccessError
from shared.runtime.settings import KafkaSettings, TopicSettings

PASSWORD = "not of any server"  # noqa: S105 - as it says
WITH_PASSWORD = KafkaAccess(
    "a:1,b:2", security_protocol="SASL_PLAINTEXT", username="intake", password=PASSWORD
)


def test_without_settings_a_client_connects_as_before() -> None:
    access = KafkaAccess("a:1")

    assert access.aiokafka_options()["security_protocol"] == "PLAINTEXT"
    assert access.librdkafka_options() == {
        "bootstrap.servers": "a:1",
        "security.protocol": "PLAINTEXT",
    }
    assert access.environment() == {
        "ROUTE311_KAFKA_BOOTSTRAP": "a:1",
        "ROUTE311_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
    }


def test_the_user_and_the_password_reach_each_library() -> None:
    assert WITH_PASSWORD.aiokafka_options() == {
        "bootstrap_servers": "a:1,b:2",
        "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None,
        "retry_backoff_ms": 500,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "intake",
        "sasl_plain_password": PASSWORD,
    }
    assert WITH_PASSWORD.librdkafka_options() == {
        "bootstrap.servers": "a:1,b:2",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "intake",
        "sasl.password": PASSWORD,
    }


def test_the_environment_of_another_process_describes_the_same_access(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in WITH_PASSWORD.environment().items():
        monkeypatch.setenv(name, value)

    assert KafkaSettings().kafka_access == WITH_PASSWORD


def test_the_password_is_not_shown() -> None:
    assert PASSWORD not in repr(WITH_PASSWORD)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": ""}, "set ROUTE311_KAFKA_USERNAME and ROUTE311_KAFKA_PASSWORD"),
        ({"username": ""}, "set ROUTE311_KAFKA_USERNAME and ROUTE311_KAFKA_PASSWORD"),
        ({"security_protocol": "PLAINTEXT"}, "uses no user name and no password"),
        ({"security_protocol": "SSL"}, "uses no user name and no password"),
        ({"ca_file": Path("ca.pem")}, "uses no certificates"),
        (
            {"security_protocol": "SASL_SSL", "cert_file": Path("cert.pem")},
            "ROUTE311_KAFKA_CERT_FILE and ROUTE311_KAFKA_KEY_FILE together",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused_in_a_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(KafkaAccessError, match=sentence) as refused:
        replace(WITH_PASSWORD, **changes)

    assert PASSWORD not in str(refused.value)


def test_a_process_with_such_settings_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTE311_KAFKA_BOOTSTRAP", "a:1")
    monkeypatch.setenv("ROUTE311_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("TRIAGE_STREAM_HTTP_PORT", "0")
    monkeypatch.setenv("TRIAGE_STREAM_FOLDER", "/nowhere")

    with pytest.raises(ValidationError, match="ROUTE311_KAFKA_PASSWORD"):
        StreamSettings()


def test_external_adapters_are_a_list_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTE311_KAFKA_ADAPTERS", "acme, north-side")

    assert TopicSettings().kafka_adapters == ("acme", "north-side")


def test_without_a_setting_the_partitions_stay_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert TopicSettings().partitions is None

    monkeypatch.setenv("ROUTE311_PARTITIONS", "12")

    assert TopicSettings().partitions == 12


@pytest.mark.parametrize(
    "name", ["Acme", "a_b", "http", "web", "sms", "replay", "acme-dlq", "a--b", "a/b"]
)
def test_a_name_that_would_mix_up_topics_or_sources_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTE311_KAFKA_ADAPTERS", name)

    with pytest.raises(ValidationError, match="a name is lower-case letters"):
        TopicSettings()
