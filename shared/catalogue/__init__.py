"""The service catalogue: what each city's people can report, and who answers for it.

One folder of YAML files is one jurisdiction. The data are loaded once, at start, and never change
while a service runs.
"""

from shared.catalogue.condition import Condition, Emergency, Phrases
from shared.catalogue.faults import CatalogueError, Fault
from shared.catalogue.hours import Hours
from shared.catalogue.jurisdiction import Agency, Bureau, Catalogue, Jurisdiction
from shared.catalogue.loader import load_catalogue
from shared.catalogue.local_text import LocalText
from shared.catalogue.service_type import (
    AfterHours,
    Attribute,
    Dedup,
    Informed,
    Keywords,
    Needs,
    Referral,
    ServiceType,
    Source,
)

__all__ = [
    "AfterHours",
    "Agency",
    "Attribute",
    "Bureau",
    "Catalogue",
    "CatalogueError",
    "Condition",
    "Dedup",
    "Emergency",
    "Fault",
    "Hours",
    "Informed",
    "Jurisdiction",
    "Keywords",
    "LocalText",
    "Needs",
    "Phrases",
    "Referral",
    "ServiceType",
    "Source",
    "load_catalogue",
]
