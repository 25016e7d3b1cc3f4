"""Parts of others are as their authors published them."""

import re
from hashlib import sha256

from shared.map_library import FOLDER

_ROW = re.compile(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_vendored_script_has_the_checksum_of_its_page() -> None:
    stated = dict(_ROW.findall((FOLDER / "README.md").read_text()))

    assert stated == {
        file.name: sha256(file.read_bytes()).hexdigest() for file in FOLDER.glob("*.js")
    }
