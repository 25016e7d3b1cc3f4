"""Redaction: the removal of contact data from texts that leave a service."""

from shared.redaction.phones import e164
from shared.redaction.redactor import NO_KNOWN_PII, REMOVED, Answer, KnownPii, Redactor

__all__ = ["NO_KNOWN_PII", "REMOVED", "Answer", "KnownPii", "Redactor", "e164"]
