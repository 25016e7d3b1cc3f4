import pytest

from services.dispatch.policy import NotInCatalogueError
from tests.unit.dispatch.factories import CALENDAR, CITY, POLICY


def test_a_topic_of_updates_belongs_to_one_bureau() -> None:
    assert POLICY.bureau_by_topic["bureau-roads-updates"] == "ROADS"
    assert set(POLICY.bureau_by_topic.values()) == set(CITY.bureaus)


def test_each_jurisdiction_works_by_its_own_calendar() -> None:
    assert POLICY.calendars == {"harbour.gov": CALENDAR}


@pytest.mark.parametrize(
    ("jurisdiction", "kind"), [("nowhere.gov", "POTHOLE"), ("harbour.gov", "UNICORN")]
)
def test_what_the_catalogue_does_not_have_cannot_be_handled(jurisdiction: str, kind: str) -> None:
    with pytest.raises(NotInCatalogueError) as refused:
        POLICY.kind(jurisdiction, kind)

    assert kind not in str(refused.value)


def test_work_can_go_to_the_bureaus_of_the_same_city() -> None:
    assert "WATER" in POLICY.bureau_codes("harbour.gov")
    assert not POLICY.bureau_codes("nowhere.gov")
