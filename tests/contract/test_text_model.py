"""The built-in text model against its model card."""

from shared.catalogue import PACKAGE_DATA, load_catalogue

CITIES = load_catalogue().jurisdictions.values()
CARD = (PACKAGE_DATA / "common" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_the_model_card_is_of_the_model_beside_it() -> None:
    [model] = {city.trained_model for city in CITIES}
    weights = sum(len(one.weights) for of in model.weights.values() for one in of.values())

    assert f"Version `{model.version}`" in CARD
    assert f"{weights:,} whole numbers" in CARD
