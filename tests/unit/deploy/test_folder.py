import os
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder, empty_folder, is_in_use, open_folder, write_json
from deploy.local.postgres_files import cluster_home, postgres_account, remove_cluster


def test_a_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    with open_folder(tmp_path / "new" / "data") as folder:
        assert folder.logs.is_dir()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_can_read_a_folder_and_what_is_made_in_it(tmp_path: Path) -> None:
    with open_folder(tmp_path / "data") as folder:
        write_json(folder.path / "ports.json", {})
        (folder.logs / "intake.log").write_text("")
        for part in (folder.path, folder.logs, folder.processes, folder.mail):
            assert mode_of(part) == 0o700, part
        for file in (path for path in folder.path.rglob("*") if path.is_file()):
            assert mode_of(file) == 0o600, file


def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with open_folder(data):
        pass
    for part in (data, data / "logs"):
        part.chmod(0o755)

    with open_folder(data) as folder:
        assert mode_of(folder.path) == mode_of(folder.logs) == 0o700


@pytest.fixture
def usual_umask() -> Generator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_files_made_after_a_folder_was_closed_are_as_before(tmp_path: Path) -> None:
    with open_folder(tmp_path / "data"):
        pass
    (tmp_path / "other").touch(mode=0o644)

    assert mode_of(tmp_path / "other") == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
async def test_a_cluster_in_a_folder_that_was_open_moves_to_where_postgresql_can_enter(
    tmp_path: Path,
) -> None:
    account = await postgres_account()
    assert account
    cluster = tmp_path / "data" / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    cluster.chmod(0o700)
    (cluster / "PG_VERSION").write_text("18")
    folder = DataFolder(tmp_path / "data")

    home = cluster_home(folder, account)
    again = cluster_home(folder, account)
    moved = home / "cluster" / "PG_VERSION"
    content, owner, mode = moved.read_text(), moved.stat().st_uid, mode_of(home / "cluster")
    remove_cluster(folder)

    assert home == again
    assert not home.is_relative_to(tmp_path)
    assert (content, owner, mode) == ("18", account.user_id, 0o700)
    assert not home.exists()
    assert not list(folder.path.iterdir())


def test_a_folder_takes_one_stack_at_a_time(tmp_path: Path) -> None:
    with open_folder(tmp_path):
        assert is_in_use(tmp_path)
        with pytest.raises(StackError, match="already running"), open_folder(tmp_path):
            pass

    assert not is_in_use(tmp_path)
    with open_folder(tmp_path):
        assert is_in_use(tmp_path)


def test_a_folder_with_other_peoples_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(StackError, match="not made by route311"), open_folder(tmp_path):
        pass

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_clearing_deletes_what_is_inside_and_nothing_that_is_only_linked(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").touch()
    with open_folder(tmp_path / "data") as folder:
        (folder.kafka / "data").mkdir(parents=True)
        (folder.logs / "kafka.log").touch()
        (folder.path / "link").symlink_to(outside)

        empty_folder(folder)

        assert is_in_use(folder.path)
        assert not folder.kafka.exists()
        assert not list(folder.logs.iterdir())
        assert not (folder.path / "link").exists()
    assert (outside / "kept.txt").exists()
