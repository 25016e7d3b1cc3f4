"""Errors of Kafka access, translated from aiokafka's."""

from collections.abc import Collection

from shared.errors import Route311Error, SystemicError
from shared.runtime.kafka.records import Partition


class PositionLostError(Route311Error):
    """The broker does not have the next offset of some partitions; an operator must decide."""

    code = "position_lost"

    def __init__(self, text: str, partitions: Collection[Partition]) -> None:
        super().__init__(text)
        self.partitions = frozenset(partitions)


class BrokerDownError(SystemicError):
    """Kafka did not acknowledge in time; what was sent may or may not have been written."""

    code = "broker_down"
