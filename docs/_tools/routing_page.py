"""Write the table of routes into ``docs/routing.md``, from the built-in catalogue.

``python -m docs._tools.routing_page`` writes it; ``make schemas`` does so too.
"""

from pathlib import Path

from cli.routing.explanation import table_lines, table_rows
from services.dispatch.policy import DispatchPolicy
from shared.catalogue import load_catalogue

ROUTING_PAGE = Path(__file__).parents[1] / "routing.md"
CITY = "portland.gov"

_FIRST_CELL = "| kind |"


def routing_page(page: str) -> str:
    """Return the page with the table of the catalogue in place of its own."""
    before, _, _ = page.partition(_FIRST_CELL)
    policy = DispatchPolicy.of(load_catalogue())
    rows = table_rows(policy.catalogue.jurisdictions[CITY], policy)
    return f"{before}{chr(10).join(table_lines(rows))}\n"


if __name__ == "__main__":
    ROUTING_PAGE.write_text(routing_page(ROUTING_PAGE.read_text()))
