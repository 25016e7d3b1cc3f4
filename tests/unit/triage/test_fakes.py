import pytest

from tests.unit.triage.cases_suite import CasesSuite
from tests.unit.triage.corrections_suite import CorrectionsSuite
from tests.unit.triage.fakes import InMemoryCases


class TestInMemoryCases(CasesSuite, CorrectionsSuite):
    @pytest.fixture
    def cases(self) -> InMemoryCases:
        return InMemoryCases()
