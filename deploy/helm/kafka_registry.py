"""Write topics and principals into the chart's ``files/kafka.yaml``, from the registry.

``python -m deploy.helm.kafka_registry`` writes it; ``make schemas`` does so too. A bureau's code
stands as ``<code>``, an external adapter's name as ``<name>`` and the partitions of main topics as
``main``: the chart fills in its values.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from shared.catalogue import load_catalogue
from shared.contract.grants import OPERATOR, Grant, grants
from shared.contract.topics import all_topics
from shared.runtime.kafka.topics import broker_settings

REGISTRY_FILE = Path(__file__).parent / "route311/files/kafka.yaml"

_HEADER = (
    "# Rendered from shared/contract by `make schemas`. <code>: a bureau. <name>: an adapter.\n"
)
_BUREAU, _ADAPTER = "<code>", "<name>"


def registry() -> dict[str, Any]:
    """Return bureaus, topics with their settings, and the access rules of each principal."""
    topics = all_topics([_BUREAU], [_ADAPTER])
    users: dict[str, dict[tuple[str, str, bool], list[str]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for grant in grants(topics):
        users[grant.principal][grant.resource, grant.name, grant.prefixed].append(_operation(grant))
    return {
        "bureaus": [code.lower() for code in load_catalogue().bureau_codes],
        "operator": OPERATOR,
        "topics": [
            {
                "name": topic.name,
                "partitions": "main" if topic.is_main else topic.partitions,
                "config": broker_settings(topic),
            }
            for topic in topics
        ],
        "users": [
            {
                "name": principal,
                "acls": [
                    {
                        "type": resource,
                        "name": name,
                        "patternType": "prefix" if prefixed else "literal",
                        "operations": operations,
                    }
                    for (resource, name, prefixed), operations in rules.items()
                ],
            }
            for principal, rules in sorted(users.items())
        ],
    }


def _operation(grant: Grant) -> str:
    """Return the operation in the operator's spelling, such as ``DescribeConfigs``."""
    return "".join(word.capitalize() for word in grant.operation.split("_"))


def registry_text() -> str:
    """Return the content of the file."""
    return _HEADER + yaml.safe_dump(registry(), sort_keys=False, width=100)


if __name__ == "__main__":
    REGISTRY_FILE.write_text(registry_text())
