from pathlib import Path

import pytest

from cli.connection import NoRouterError, load_stack
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
        intake="http://127.0.0.1:3",
        triage="http://127.0.0.1:4",
        dispatch="http://127.0.0.1:5",
        notify="http://127.0.0.1:6",
        mail="smtp://127.0.0.1:7",
        mail_folder=data / "mail",
        keys=Keys(bureaus={"WATER": "a"}, adapters={"demo": "b"}, operator="c"),
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
