from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build


def test_a_key_is_made_for_no_bureau_that_the_catalogue_lacks(tmp_path: Path) -> None:
    arguments = ["keys", "add", "bureau", "PBOT-MODD", "--data", str(tmp_path)]
    result = CliRunner().invoke(build(arguments), arguments)

    assert result.exit_code == 2
    assert "no city has a bureau called PBOT-MODD" in result.output


@pytest.mark.parametrize("name", ["web", "Pages", "EMAIL", " sms", "http", "pbot-mod"])
def test_no_adapter_is_named_like_a_channel_or_a_bureau(tmp_path: Path, name: str) -> None:
    arguments = ["keys", "add", "adapter", name, "--data", str(tmp_path)]
    result = CliRunner().invoke(build(arguments), arguments)

    assert result.exit_code == 2
    assert f"{name} is the name of a channel or bureau" in result.output
