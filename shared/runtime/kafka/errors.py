"""Kafka's troubles in our words."""

from shared.errors import Route311Error, SystemicError


class PositionLostError(Route311Error):
    """The broker does not hold the offset that comes next; a person must decide what to do."""

    code = "position_lost"


class BrokerDownError(SystemicError):
    """Kafka did not acknowledge in time; what was sent may or may not have arrived."""

    code = "broker_down"
