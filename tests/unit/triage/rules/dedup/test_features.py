import pytest

from services.triage.rules.dedup.features import address_key, area_of


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("12 Oak St", None),
        ("Elm Ave & Oak St", "crossing"),
        ("12th Ave and Oak St", "crossing"),
        ("Laurelhurst Park", "place"),
        ("", None),
    ],
)
def test_an_address_without_a_house_number_is_an_area(address: str, area: str | None) -> None:
    assert area_of(address_key(address)) == area
