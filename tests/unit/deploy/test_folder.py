from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.folder import empty_folder, is_in_use, open_folder


def test_a_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    with open_folder(tmp_path / "new" / "data") as folder:
        assert folder.logs.is_dir()


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
