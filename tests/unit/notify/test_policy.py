from services.notify.policy import city_texts
from shared.catalogue import load_catalogue


def test_every_city_of_the_catalogue_has_a_name_a_phone_and_kinds_in_both_languages() -> None:
    catalogue = load_catalogue()

    cities = city_texts(catalogue)

    assert cities.keys() == catalogue.jurisdictions.keys()
    for city in cities.values():
        assert all((city.name, city.phone_in("en"), city.service_names, city.bureau_names))
        assert " or " not in city.phone_in("es")
        assert all(kind.en and kind.es for kind in city.service_names.values())


def test_a_kind_goes_by_its_own_name() -> None:
    catalogue = load_catalogue()
    city = catalogue.jurisdictions["portland.gov"]
    kind = city.services["ROW-POTHOLE"]

    known = city_texts(catalogue)["portland.gov"]

    assert known.service_names["ROW-POTHOLE"] == kind.name
    assert known.bureau_names["PBOT-MAINT"] == city.bureaus["PBOT-MAINT"].name
