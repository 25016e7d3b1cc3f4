"""The service catalogue: what each city's people can report, and who answers for it.

One folder of YAML files is one jurisdiction. The data are loaded once, at start, and never change
while a service runs.
"""

from shared.catalogue.condition import Condition, HazardRule, Phrases, by_field, telling
from shared.catalogue.issues import CatalogueError, CatalogueIssue
from shared.catalogue.jurisdiction import Agency, Bureau, Catalogue, Jurisdiction, Owner
from shared.catalogue.loader import PACKAGE_DATA, load_catalogue, load_catalogue_to_read
from shared.catalogue.local_text import CALL_911, LocalText
from shared.catalogue.routing import AfterHours, Hours, Informed, Referral
from shared.catalogue.service_type import (
    Attribute,
    Dedup,
    Keywords,
    Needs,
    ServiceType,
    Source,
)

__all__ = [
    "CALL_911",
    "PACKAGE_DATA",
    "AfterHours",
    "Agency",
    "Attribute",
    "Bureau",
    "Catalogue",
    "CatalogueError",
    "CatalogueIssue",
    "Condition",
    "Dedup",
    "HazardRule",
    "Hours",
    "Informed",
    "Jurisdiction",
    "Keywords",
    "LocalText",
    "Needs",
    "Owner",
    "Phrases",
    "Referral",
    "ServiceType",
    "Source",
    "by_field",
    "load_catalogue",
    "load_catalogue_to_read",
    "telling",
]
