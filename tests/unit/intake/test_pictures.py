import pytest

from services.intake.pictures import (
    derived_media_id,
    is_media_id,
    media_id_of,
    media_ids_of,
    media_url,
)

CITY = "https://311.example.org"
ID = "5f0c8e4e8f434a3c9d0e3c7d5b7a9a10"


def test_an_address_of_ours_tells_its_id() -> None:
    assert media_id_of(media_url(CITY, ID), CITY) == ID


def test_an_id_is_derived_from_the_picture_and_all_that_names_its_call() -> None:
    made = derived_media_id(b"key", b"picture", "demo", "17", "0")
    others = {
        derived_media_id(b"another key", b"picture", "demo", "17", "0"),
        derived_media_id(b"key", b"another picture", "demo", "17", "0"),
        derived_media_id(b"key", b"picture", "demo1", "7", "0"),
        derived_media_id(b"key", b"picture", "demo", "17", "1"),
    }

    assert made == derived_media_id(b"key", b"picture", "demo", "17", "0")
    assert is_media_id(made)
    assert len(others - {made}) == 4


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"https://elsewhere.example.org/v1/media/{ID}", id="elsewhere"),
        pytest.param(f"{CITY}.example.org/v1/media/{ID}", id="a host that begins alike"),
        pytest.param(f"{CITY}/v1/media/{ID}/release", id="more behind it"),
        pytest.param(f"{CITY}/v1/media/{ID}?x=ana@example.org", id="a query"),
        pytest.param(f"{CITY}/v1/media/{ID[1:]}", id="too short"),
        pytest.param(f"{CITY}/v1/media/{ID.upper()}", id="another form"),
        pytest.param(f"{CITY}/v1/media/{ID}\n", id="a line end"),
        pytest.param(ID, id="the id alone"),
    ],
)
def test_any_other_address_is_not_ours(url: str) -> None:
    assert media_id_of(url, CITY) is None


def test_of_several_addresses_the_ids_of_ours_are_told_in_order() -> None:
    other = ID[::-1]
    urls = [media_url(CITY, other), "https://elsewhere.example.org/a.jpg", media_url(CITY, ID)]

    assert media_ids_of(urls, CITY) == (other, ID)
