from pathlib import Path

from typer.testing import CliRunner

from cli.main import build


def test_a_key_is_made_for_no_bureau_that_the_catalogue_lacks(tmp_path: Path) -> None:
    arguments = ["keys", "add", "bureau", "PBOT-MODD", "--data", str(tmp_path)]
    result = CliRunner().invoke(build(arguments), arguments)

    assert result.exit_code == 2
    assert "no city has a bureau called PBOT-MODD" in result.output
