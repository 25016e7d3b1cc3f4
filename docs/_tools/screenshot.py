"""The picture of the residents' page in the README, taken from a running router.

``python -m docs._tools.screenshot`` needs ``route311 up`` and Chromium; it writes
``docs/images/report-page.png``.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from cli.connection import DEFAULT_DATA, load_stack
from docs._tools.diagrams import IMAGES

_REPORT = "A power line is down and sparking on the sidewalk by the bus stop"
_ADDRESS = "1221 SW 4th Ave"


def main() -> None:
    """Fill in a report of a danger, and keep a picture of the page."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_DATA
    url = load_stack(data).intake
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1100, "height": 760})
        page.goto(f"{url}/report?lang=en")
        page.locator("[name=description]").fill(_REPORT)
        page.locator("[name=address]").fill(_ADDRESS)
        page.get_by_text("911").first.wait_for()
        page.screenshot(path=IMAGES / "report-page.png")
        browser.close()


if __name__ == "__main__":
    main()
