"""The service catalogue: service types, conditions and responsibilities of each city."""

from shared.catalogue.advice import CALL_911, DangerAdvice, danger_advice
from shared.catalogue.agencies import Bureau, ExternalAgency, Owner
from shared.catalogue.condition import (
    Condition,
    HazardRule,
    conditions_by_field,
    trigger_conditions,
)
from shared.catalogue.forwarding import DigestForward, ForwardTarget, Open311Forward
from shared.catalogue.issue import CatalogueError, CatalogueIssue
from shared.catalogue.jurisdiction import Catalogue, Jurisdiction
from shared.catalogue.loader import (
    PACKAGE_DATA,
    build_catalogue,
    load_catalogue,
    load_catalogue_with_indexes,
    text_rules_version,
)
from shared.catalogue.referral import land_owner
from shared.catalogue.routing import HOLIDAY, RoutingCondition, RoutingRule, Window
from shared.catalogue.service_type import (
    Attribute,
    Dedup,
    Hours,
    InformRule,
    Needs,
    Provenance,
    ReferralRule,
    ServiceType,
)
from shared.catalogue.texts import LocalText, Phrases, ProgramText, TextInLanguage

__all__ = [
    "CALL_911",
    "HOLIDAY",
    "PACKAGE_DATA",
    "Attribute",
    "Bureau",
    "Catalogue",
    "CatalogueError",
    "CatalogueIssue",
    "Condition",
    "DangerAdvice",
    "Dedup",
    "DigestForward",
    "ExternalAgency",
    "ForwardTarget",
    "HazardRule",
    "Hours",
    "InformRule",
    "Jurisdiction",
    "LocalText",
    "Needs",
    "Open311Forward",
    "Owner",
    "Phrases",
    "ProgramText",
    "Provenance",
    "ReferralRule",
    "RoutingCondition",
    "RoutingRule",
    "ServiceType",
    "TextInLanguage",
    "Window",
    "build_catalogue",
    "conditions_by_field",
    "danger_advice",
    "land_owner",
    "load_catalogue",
    "load_catalogue_with_indexes",
    "text_rules_version",
    "trigger_conditions",
]
