"""The eighteen invariants, one file each."""

from workbench.check.invariants.i01_requests import REQUESTS
from workbench.check.invariants.i02_decisions import DECISIONS
from workbench.check.invariants.i03_work_orders import WORK_ORDERS
from workbench.check.invariants.i04_order import ORDER
from workbench.check.invariants.i05_priority import PRIORITY
from workbench.check.invariants.i06_messages import MESSAGES
from workbench.check.invariants.i07_endings import ENDINGS
from workbench.check.invariants.i08_bytes import BYTES
from workbench.check.invariants.i09_published import PUBLISHED
from workbench.check.invariants.i10_schemas import SCHEMAS
from workbench.check.invariants.i11_tenants import TENANTS
from workbench.check.invariants.i12_replay import REPLAY
from workbench.check.invariants.i13_erasures import ERASURES
from workbench.check.invariants.i14_reminders import REMINDERS
from workbench.check.invariants.i15_deliveries import DELIVERIES
from workbench.check.invariants.i16_forwards import FORWARDS
from workbench.check.invariants.i17_insight import INSIGHT
from workbench.check.invariants.i18_contact_keys import CONTACT_KEYS
from workbench.check.invariants.invariant import Invariant, ViolationQuery

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
    INSIGHT,
    CONTACT_KEYS,
)
