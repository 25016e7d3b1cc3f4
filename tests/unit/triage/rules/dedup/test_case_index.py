from datetime import timedelta

from services.triage.rules.dedup.case_index import CaseIndex, SearchExtent, build_query
from services.triage.rules.dedup.model import Report, TriageCase
from tests.support.builders import north_of
from tests.support.triage.factories import HERE, KEY, case, report

REACH = SearchExtent(radius_m=67, window=timedelta(days=7), by_reporter=True)


def found(searched: Report, known: TriageCase, key: str = KEY) -> bool:
    cases = CaseIndex()
    cases.add(known)
    return known in list(cases.find(build_query(searched, key, REACH)))


def test_a_case_is_found_by_its_place() -> None:
    assert found(report(point=north_of(HERE, 66)), case())
    assert not found(report(point=north_of(HERE, 500)), case())


def test_a_case_is_found_by_its_address_whether_or_not_it_has_a_point() -> None:
    searched = report(point=None, address="12 oak st")

    assert found(searched, case(report(address="12 oak st")))
    assert found(searched, case(report(point=None, address="12 oak st")))
    assert not found(searched, case(report(address="14 oak st")))


def test_a_case_is_found_by_who_opened_it() -> None:
    searched = report(point=None, reporter="ana")

    assert found(searched, case(report(point=None, reporter="ana")))
    assert not found(searched, case(report(point=None, reporter="ben")))


def test_nothing_of_another_key_is_found() -> None:
    known = case(report(address="12 oak st", reporter="ana"))

    assert not found(
        report(address="12 oak st", reporter="ana"), known, key="lakeside.gov:campsite"
    )
