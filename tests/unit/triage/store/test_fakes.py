import pytest

from tests.support.triage.cases_suite import CasesSuite
from tests.support.triage.corrections_suite import CorrectionsSuite
from tests.support.triage.fakes import InMemoryTriageStore


class TestInMemoryCases(CasesSuite, CorrectionsSuite):
    @pytest.fixture
    def cases(self) -> InMemoryTriageStore:
        return InMemoryTriageStore()
