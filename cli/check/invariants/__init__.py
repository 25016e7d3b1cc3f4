"""The sixteen invariants, one file each."""

from cli.check.invariants.i01_requests import REQUESTS
from cli.check.invariants.i02_decisions import DECISIONS
from cli.check.invariants.i03_work_orders import WORK_ORDERS
from cli.check.invariants.i04_order import ORDER
from cli.check.invariants.i05_priority import PRIORITY
from cli.check.invariants.i06_messages import MESSAGES
from cli.check.invariants.i07_endings import ENDINGS
from cli.check.invariants.i08_bytes import BYTES
from cli.check.invariants.i09_published import PUBLISHED
from cli.check.invariants.i10_schemas import SCHEMAS
from cli.check.invariants.i11_tenants import TENANTS
from cli.check.invariants.i12_replay import REPLAY
from cli.check.invariants.i13_erasures import ERASURES
from cli.check.invariants.i14_reminders import REMINDERS
from cli.check.invariants.i15_deliveries import DELIVERIES
from cli.check.invariants.i16_forwards import FORWARDS
from cli.check.invariants.invariant import Invariant, ViolationQuery

__all__ = ["INVARIANTS", "Invariant", "ViolationQuery"]

INVARIANTS = (
    REQUESTS,
    DECISIONS,
    WORK_ORDERS,
    ORDER,
    PRIORITY,
    MESSAGES,
    ENDINGS,
    BYTES,
    PUBLISHED,
    SCHEMAS,
    TENANTS,
    REPLAY,
    ERASURES,
    REMINDERS,
    DELIVERIES,
    FORWARDS,
)
