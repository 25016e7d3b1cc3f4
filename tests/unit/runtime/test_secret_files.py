"""Each secret setting can lie in a file, as containers mount it."""

from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from cli.connection import Connection
from services.dispatch.settings import DispatchSettings
from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.triage.settings import StreamSettings, TriageSettings
from shared.runtime.secret_files import SecretFileError, SecretFiles, secret_from_file
from shared.runtime.settings import EnvironmentSettings

ALL: tuple[type[EnvironmentSettings], ...] = (
    IntakeSettings,
    TriageSettings,
    StreamSettings,
    DispatchSettings,
    NotifySettings,
    Connection,
)


def secrets_of(settings: type[EnvironmentSettings]) -> dict[str, str]:
    """Return the environment variable of each secret, by the name that the model knows it by."""
    prefix = settings.model_config.get("env_prefix", "")
    found = {}
    for name, field in settings.model_fields.items():
        if SecretStr in (field.annotation, *get_args(field.annotation)):
            alias = str(field.validation_alias or "")
            found[alias or name] = (alias or f"{prefix}{name}").upper()
    return found


@pytest.mark.parametrize("settings", ALL)
def test_every_secret_of_every_process_can_lie_in_a_file(
    settings: type[EnvironmentSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = secrets_of(settings)
    for variable in secrets.values():
        (tmp_path / variable).write_text(f"value of {variable}\n")
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv(f"{variable}_FILE", str(tmp_path / variable))

    read = SecretFiles(settings)()

    assert secrets
    assert read == {name: f"value of {variable}" for name, variable in secrets.items()}


def test_a_process_takes_its_secret_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dsn"
    file.write_text("postgresql://somewhere\n")
    monkeypatch.delenv("ROUTE311_ADMIN_DSN", raising=False)
    monkeypatch.setenv("ROUTE311_ADMIN_DSN_FILE", str(file))

    assert Connection().admin_dsn.get_secret_value() == "postgresql://somewhere"


def test_a_secret_that_is_given_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTE311_ADMIN_DSN", "one")
    monkeypatch.setenv("ROUTE311_ADMIN_DSN_FILE", str(tmp_path / "two"))

    with pytest.raises(SecretFileError, match="ROUTE311_ADMIN_DSN_FILE are both set"):
        Connection()


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A_PASSWORD", raising=False)
    monkeypatch.setenv("A_PASSWORD_FILE", str(tmp_path / "nothing"))

    with pytest.raises(SecretFileError, match=r"A_PASSWORD_FILE: .*nothing cannot be read"):
        secret_from_file("A_PASSWORD")
