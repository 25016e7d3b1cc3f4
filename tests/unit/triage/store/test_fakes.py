import pytest

from tests.unit.triage.fakes import InMemoryTriageStore
from tests.unit.triage.store.cases_suite import CasesSuite
from tests.unit.triage.store.corrections_suite import CorrectionsSuite


class TestInMemoryCases(CasesSuite, CorrectionsSuite):
    @pytest.fixture
    def cases(self) -> InMemoryTriageStore:
        return InMemoryTriageStore()
