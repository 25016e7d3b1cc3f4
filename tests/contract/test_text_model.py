"""The built-in text model against its model card."""

from shared.catalogue import PACKAGE_DATA, load_catalogue

CITIES = load_catalogue().jurisdictions.values()
CARD = (PACKAGE_DATA / "common" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_the_model_card_is_of_the_model_beside_it() -> None:
    [version] = {city.trained_model.version for city in CITIES}
    [model] = {id(city.text_model): city.text_model for city in CITIES}.values()

    assert f"Version `{version}`" in CARD
    assert f"{len(model.features):,} features" in CARD
