from datetime import timedelta

from services.triage.rules.dedup.case_index import SearchExtent
from tests.support.triage.factories import CATALOGUE, CITY, POLICY

RULES = POLICY.cities["rivertown.gov"]


def test_a_group_reaches_as_far_as_the_farthest_of_its_kinds_that_can_repeat() -> None:
    of_camps = SearchExtent(radius_m=67, window=timedelta(days=7), by_reporter=False)

    assert RULES.search_extent(CITY.services["CAMP"]) == of_camps
    assert RULES.search_extent(CITY.services["CAMP-TRASH"]) == of_camps


def test_a_group_that_never_repeats_reaches_nowhere() -> None:
    assert RULES.search_extent(CITY.services["PERMIT"]) == SearchExtent(
        0, timedelta(0), by_reporter=False
    )


def test_a_kind_that_repeats_without_a_place_goes_by_person() -> None:
    assert RULES.search_extent(CITY.services["LOST"]).by_reporter


def test_only_the_citys_kind_for_all_else_says_that_it_is_one() -> None:
    def reasons(kind: str) -> list[str]:
        found = RULES.assess(CITY.services[kind], "", {}, None)
        return [point.code for point in found.priority.reasons]

    assert reasons("OTHER") == ["base_p4", "classified_other"]
    assert reasons("LIGHT") == ["base_p4"]


def test_the_rules_have_the_version_of_the_catalogue() -> None:
    assert POLICY.version == CATALOGUE.version
