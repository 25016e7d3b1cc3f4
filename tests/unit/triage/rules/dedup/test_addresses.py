import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.rules.dedup.features import address_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("1221 SW 4th Ave", "1221 sw fourth avenue", id="case and abbreviations"),
        pytest.param("1221 SW 4th Ave", "1221 Southwest 4th Ave.", id="directions and dots"),
        pytest.param("0841 SW Gaines St", "0841 S.W. Gaines Street", id="dotted directions"),
        pytest.param("1221 SW 4th Ave, Portland, OR 97204", "1221 SW 4th Ave", id="city and code"),
        pytest.param("39 Lorraine St  Roslindale  MA  02131", "39 Lorraine St", id="two blanks"),
        pytest.param("1221 SW 4th Ave, Apt 5", "1221 SW 4th Ave #5", id="the unit's spelling"),
        pytest.param("SW 4th & SW Main St", "SW Main Street and SW 4th", id="either street first"),
        pytest.param("INTERSECTION of Haydn St & A St", "A Street / Haydn Street", id="crossings"),
        pytest.param("Calle Roble y Calle Río", "calle rio y calle roble", id="Spanish"),
        pytest.param("Pioneer Courthouse Square", "pioneer courthouse sq", id="a place by name"),
    ],
)
def test_two_spellings_of_one_place_are_equal(one: str, other: str) -> None:
    assert address_key(one) is not None
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("1221 SW 4th Ave", "1223 SW 4th Ave", id="another number"),
        pytest.param("1221 SW 4th Ave", "1221 NW 4th Ave", id="another quadrant"),
        pytest.param("0123 SW Bancroft St", "123 SW Bancroft St", id="a leading zero"),
        pytest.param("1221 SW 4th Ave, Apt 5", "1221 SW 4th Ave, Apt 6", id="another unit"),
        pytest.param("SW 4th & SW Main St", "SW 5th & SW Main St", id="another corner"),
    ],
)
def test_two_places_stay_two(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize(
    "address", ["SE Powell Blvd", "SW 4th", "I-5", "US 26", "82nd Ave", "", ","]
)
def test_a_street_or_nothing_is_no_single_place(address: str) -> None:
    assert address_key(address) is None


@given(st.text(max_size=80))
def test_a_key_is_its_own_key_whatever_people_write(text: str) -> None:
    key = address_key(text)

    assert key is None or address_key(key) == key
