from collections.abc import Generator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.connection import (
    ContactSecrets,
    NoRouterError,
    PlaintextError,
    SettingsError,
    find_admin_dsn,
    find_contact_keys,
    find_contact_secrets,
    find_operations_dsn,
    load_stack,
)
from cli.main import build
from deploy.local.errors import StackError
from deploy.local.folder import open_folder
from deploy.local.stack_file import KafkaAuth, Keys, Stack, write_stack


def stack(data: Path) -> Stack:
    return Stack(
        kafka="127.0.0.1:1",
        kafka_auth=KafkaAuth(
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            username="admin",
            password="secret",  # noqa: S106 - of no server
        ),
        postgres="postgresql://postgres:secret@127.0.0.1:2/postgres",
        postgres_operations="postgresql://route311_operations:secret@127.0.0.1:2/postgres",
        intake="http://127.0.0.1:3",
        triage="http://127.0.0.1:4",
        dispatch="http://127.0.0.1:5",
        notify="http://127.0.0.1:6",
        insight="http://127.0.0.1:7",
        mail="smtp://127.0.0.1:7",
        mail_folder=data / "mail",
        keys=Keys(bureaus={"WATER": "a"}, adapters={"demo": "b"}, operator="c"),
        contact_key="of the stack's notify",
        reporter_key="of the stack's intake",
    )


def test_a_running_router_is_found_by_its_folder(tmp_path: Path) -> None:
    with open_folder(tmp_path) as folder:
        write_stack(folder.stack_file, stack(tmp_path))

        assert load_stack(tmp_path) == stack(tmp_path)


def test_where_no_router_was_ever_started_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NoRouterError, match="start one with `route311 up`"):
        load_stack(tmp_path / "nothing")


def test_a_router_that_was_killed_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    with open_folder(tmp_path) as folder:
        write_stack(folder.stack_file, stack(tmp_path))

    with pytest.raises(NoRouterError):
        load_stack(tmp_path)


def test_a_file_that_describes_no_router_is_named(tmp_path: Path) -> None:
    with open_folder(tmp_path) as folder:
        folder.stack_file.write_text("{}")

        with pytest.raises(StackError, match=r"stack\.json"):
            load_stack(tmp_path)


@pytest.fixture
def router(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    for name in ("ROUTE311_ADMIN_DSN", "ROUTE311_OPERATIONS_DSN", "ROUTE311_ALLOW_PLAINTEXT"):
        monkeypatch.delenv(name, raising=False)
    with open_folder(tmp_path) as folder:
        write_stack(folder.stack_file, stack(tmp_path))
        yield tmp_path


def test_commands_that_only_read_use_the_role_that_only_reads(
    router: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "route311_operations" in find_operations_dsn(router)
    assert "postgres:" in find_admin_dsn(router)

    monkeypatch.setenv("ROUTE311_ADMIN_DSN", "postgresql://admin@localhost/x")
    assert find_operations_dsn(router) == "postgresql://admin@localhost/x"

    monkeypatch.setenv("ROUTE311_OPERATIONS_DSN", "postgresql://reader@localhost/x")
    assert find_operations_dsn(router) == "postgresql://reader@localhost/x"
    assert find_admin_dsn(router) == "postgresql://admin@localhost/x"


def test_the_secrets_of_contacts_are_those_of_the_database_that_is_asked(
    router: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = b"of the stack's intake"
    of_stack = ContactSecrets((b"of the stack's notify",), intake, (intake, intake))
    assert find_contact_secrets(router) == of_stack
    assert "of the stack" not in repr(of_stack)

    monkeypatch.setenv("ROUTE311_ADMIN_DSN", "postgresql://admin@localhost/x")
    monkeypatch.setenv("NOTIFY_CONTACT_KEY", "of another notify")
    assert find_contact_keys(router) == (b"of another notify",)
    with pytest.raises(SettingsError, match="INTAKE_REPORTER_KEY"):
        find_contact_secrets(router)

    monkeypatch.setenv("INTAKE_REPORTER_KEY", "of another intake")
    monkeypatch.setenv("NOTIFY_CONTACT_KEY_BEFORE", "older")
    monkeypatch.setenv("INTAKE_CONTACT_KEY", "of what waits")
    assert find_contact_secrets(router) == ContactSecrets(
        (b"of another notify", b"older"),
        b"of another intake",
        (b"of what waits", b"of another intake"),
    )


def test_plain_text_to_another_machine_is_refused_unless_it_is_allowed(
    router: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = "postgresql://admin:canary@db.example.org/x"
    monkeypatch.setenv("ROUTE311_ADMIN_DSN", plain)
    for find in (find_admin_dsn, find_operations_dsn):
        with pytest.raises(PlaintextError, match=r"^ROUTE311_ADMIN_DSN: ") as error:
            find(router)
        assert "canary" not in str(error.value)

    monkeypatch.setenv("ROUTE311_ALLOW_PLAINTEXT", "true")
    assert find_admin_dsn(router) == plain


@pytest.mark.parametrize("command", [("env",), ("status",), ("keys", "list"), ("cases", "list")])
def test_the_data_folder_is_that_of_the_environment_unless_an_option_names_one(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ROUTE311_ADMIN_DSN", raising=False)
    monkeypatch.setenv("ROUTE311_DATA", str(tmp_path / "named"))

    for words, folder in ((command, "named"), ((*command, "--data", str(tmp_path / "x")), "x")):
        with pytest.raises(NoRouterError, match=f"no running router in {tmp_path / folder};"):
            CliRunner().invoke(build(words), words, catch_exceptions=False)


def test_the_demo_which_empties_its_folder_ignores_the_data_folder_of_the_environment() -> None:
    commands = typer.main.get_group(build(["demo"])).commands
    data = next(option for option in commands["demo"].params if option.name == "data")

    assert (data.envvar, data.default) == (None, Path(".route311-demo"))
