"""Write the table of access rights into ``docs/access.md``, from the registry.

``python -m docs._tools.access_page`` writes it; ``make schemas`` does so too.
"""

from pathlib import Path

from shared.contract.grants import CONSUMER_GROUPS, grants, principals
from shared.contract.topics import all_topics

ACCESS_PAGE = Path(__file__).parents[1] / "access.md"

_FIRST_CELL = "| topic |"
_LETTERS = {"read": "R", "write": "W", "describe": "O"}


def access_page(page: str) -> str:
    """Return the page with the table of the registry in place of its own."""
    before, _, rest = page.partition(_FIRST_CELL)
    after = rest[rest.rindex("|\n") + 2 :]
    return f"{before}{chr(10).join(access_table())}\n{after}"


def access_table() -> list[str]:
    """Return the lines of the table: a row for each topic, a column for each principal."""
    topics = all_topics(["<code>"], ["<name>"])
    columns = [*CONSUMER_GROUPS, *sorted(principals(topics) - CONSUMER_GROUPS.keys())]
    allowed: dict[tuple[str, str], str] = {}
    for grant in grants(topics):
        if grant.resource == "topic" and not grant.prefixed:
            allowed.setdefault((grant.name, grant.principal), "")
            allowed[grant.name, grant.principal] += _LETTERS[grant.operation]
    rows = [
        [f"`{topic.name}`", *(allowed.get((topic.name, column), "") for column in columns)]
        for topic in topics
    ]
    header = ["topic", *(f"`{column}`" for column in columns)]
    return [_row(header), _row(["---"] * len(header)), *map(_row, rows)]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    ACCESS_PAGE.write_text(access_page(ACCESS_PAGE.read_text()))
