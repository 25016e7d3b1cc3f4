from pathlib import Path

import pytest

from workbench.check.facts.store import open_store
from workbench.check.history import BadHistoryError, load_history

LINES = """
{"source": "/http/demo", "id": "1", "outcome": "accepted", "request_id": "r"}
{"source": "/http/demo", "id": "2", "outcome": "indeterminate", "request_id": null}
{"outcome": "poison", "topic": "channel-submissions", "sha256": "ABCD"}
""".lstrip()


def test_every_line_of_a_history_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(LINES)

    with open_store() as store:
        load_history(file, store)
        store.build_indexes()

        assert list(store.query("SELECT * FROM client_saw")) == [
            ("/http/demo", "1", "accepted", "r"),
            ("/http/demo", "2", "indeterminate", None),
        ]
        assert list(store.query("SELECT * FROM poison")) == [("channel-submissions", "abcd")]


@pytest.mark.parametrize("line", ["no JSON", "{}", '{"outcome": "accepted", "id": "secret"}'])
def test_a_line_that_says_something_else_is_named_without_its_values(
    tmp_path: Path, line: str
) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(LINES + line)

    with (
        open_store() as store,
        pytest.raises(BadHistoryError, match=r"history\.jsonl:4: ") as error,
    ):
        load_history(file, store)

    assert "secret" not in str(error.value)
