from typer.testing import CliRunner

from cli.main import build


def test_a_file_of_texts_that_training_would_not_read_is_refused() -> None:
    words = ["evaluation", "export-labels", "--texts", "texts.json"]

    run = CliRunner().invoke(build(words), words)

    assert run.exit_code == 2
    assert ".jsonl.gz" in run.output
