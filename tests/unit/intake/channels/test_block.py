import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.status_view import block_of
from tests.support.intake.texts import LANGUAGES


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("1221 SW Main St", "1200 block of SW Main St"),
        ("1221 SW 4th Ave, Portland", "1200 block of SW 4th Ave, Portland"),
        ("1221 SW 4th Ave, Portland, OR 97204", "1200 block of SW 4th Ave, Portland"),
        ("1221 SW 4th Ave Apt 5", "1200 block of SW 4th Ave"),
        ("1221 SW 4th Ave #5, Portland", "1200 block of SW 4th Ave, Portland"),
        ("Apt 12, 1221 SW 4th Ave", "1200 block of SW 4th Ave"),
        ("1221B SE 82nd Ave", "1200 block of SE 82nd Ave"),
        ("1221-1225 SE 82nd Ave", "1200 block of SE 82nd Ave"),
        ("1221 1/2 SE 82nd Ave", "1200 block of SE 82nd Ave"),
        ("1221, SW Main St", "1200 block of SW Main St"),
        ("0715 SW Bancroft St", "0700 block of SW Bancroft St"),
        ("85 NE Oak St", "0 block of NE Oak St"),
        ("12345 SE 122nd Ave", "12300 block of SE 122nd Ave"),
        ("behind 1221 SW Main St", "1200 block of SW Main St"),
        ("Calle Mayor 1221", "1200 block of Calle Mayor"),
        ("1221 Hwy 26", "1200 block of Hwy 26"),
        ("1221 SW Main St 5", "1200 block of SW Main St"),
    ],
)
def test_a_house_number_becomes_its_block(address: str, block: str) -> None:
    assert block_of(address, LANGUAGES["en"]) == block


@pytest.mark.parametrize(
    "place", ["SW 4th Ave & Main St", "Laurelhurst Park", "Hwy 26 milepost 12", "I-84 exit 1"]
)
def test_a_place_without_a_house_number_stays(place: str) -> None:
    assert block_of(place, LANGUAGES["en"]) == place


@pytest.mark.parametrize("address", ["1221", "Apt 5", "12 34 56", "SW Main St, 1221, 5"])
def test_numbers_that_cannot_be_told_apart_are_not_shown(address: str) -> None:
    shown = block_of(address, LANGUAGES["en"])

    assert shown is None or "1221" not in shown


def test_the_words_are_in_the_residents_language() -> None:
    assert block_of("1221 SW Main St", LANGUAGES["es"]) == "cuadra 1200 de SW Main St"
    assert block_of("1221 SW Main St", LANGUAGES["vi"]) == "dãy nhà 1200 đường SW Main St"


@given(
    st.integers(101, 99_999).filter(lambda number: number % 100),
    st.sampled_from(["{} SW Main St", "{} NE 82nd Ave, Portland", "Apt 7, {} Oak St", "Oak St {}"]),
)
def test_no_house_number_is_ever_shown(number: int, address: str) -> None:
    shown = block_of(address.format(number), LANGUAGES["en"])

    assert shown is not None
    assert str(number) not in shown.split()


@given(st.text(max_size=60))
def test_any_address_is_read(address: str) -> None:
    block_of(address, LANGUAGES["en"])
