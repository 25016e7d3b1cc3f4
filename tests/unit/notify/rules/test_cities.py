from services.notify.rules.cities import cities_of
from shared.catalogue import load_catalogue


def test_every_city_of_the_catalogue_has_a_name_a_phone_and_kinds_in_both_languages() -> None:
    catalogue = load_catalogue()

    cities = cities_of(catalogue)

    assert cities.keys() == catalogue.jurisdictions.keys()
    for city in cities.values():
        assert all((city.name, city.phone["en"], city.phone["es"], city.kinds, city.bureaus))
        assert " or " not in city.phone["es"]
        assert all(kind["en"] and kind["es"] for kind in city.kinds.values())


def test_a_kind_goes_by_its_own_name() -> None:
    catalogue = load_catalogue()
    city = catalogue.jurisdictions["portland.gov"]
    kind = city.services["ROW-POTHOLE"]

    known = cities_of(catalogue)["portland.gov"]

    assert known.kinds["ROW-POTHOLE"] == {"en": kind.name.en, "es": kind.name.es}
    assert known.bureaus["PBOT-MAINT"] == city.bureaus["PBOT-MAINT"].name
