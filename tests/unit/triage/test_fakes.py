import pytest

from tests.unit.triage.cases_suite import CasesSuite
from tests.unit.triage.corrections_suite import CorrectionsSuite
from tests.unit.triage.fakes import InMemoryTriageStore


class TestInMemoryCases(CasesSuite, CorrectionsSuite):
    @pytest.fixture
    def cases(self) -> InMemoryTriageStore:
        return InMemoryTriageStore()
