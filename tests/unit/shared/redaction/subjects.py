"""The reporter and the redactor of these tests."""

from shared.redaction import KnownPii, Redactor

ANA = KnownPii("Ana García López", "ana@example.org", "+15035550100")
REDACTOR = Redactor("US", frozenset({"+15038234000"}))
