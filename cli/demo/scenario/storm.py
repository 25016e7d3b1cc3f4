"""A story about one gust of wind that many people see the work of, each somewhere else."""

from datetime import timedelta

from cli.demo.scenario.places import STREETS, Street
from cli.demo.scenario.report import Report
from cli.demo.scenario.scene import Scene

STORM = "storm"

REPORTERS = 14
_EVERY = timedelta(minutes=3)
_CHANNELS = ("phone", "app", "web", "sms", "phone", "email", "web")
_ENGLISH = (
    "Tree down on {street} after that gust, the road is blocked.",
    "A big limb came down on {street}, cars go around it.",
    "The wind brought a tree down on {street}, it lies across the sidewalk.",
    "Huge branch in the street at {street}.",
)
_SPANISH = "Se cayó un árbol con el viento en {street} y bloquea la calle."
_SPANISH_EVERY = 5


def a_gust_of_wind(scene: Scene) -> list[Report]:
    """Trees and limbs fall all over the southeast within three quarters of an hour."""
    streets = [street for street in STREETS if street.name.startswith("SE ")]
    return [_fallen(scene, *one) for one in enumerate(streets[:REPORTERS])]


def _fallen(scene: Scene, number: int, street: Street) -> Report:
    spanish = number % _SPANISH_EVERY == _SPANISH_EVERY - 1
    text = _SPANISH if spanish else _ENGLISH[number % len(_ENGLISH)]
    return scene.tell(
        STORM,
        _CHANNELS[number % len(_CHANNELS)],
        scene.at(13, 12) + number * _EVERY,
        text.replace("{street}", street.name),
        street.somewhere(scene.rng),
        kind="ROW-TREE-DOWN",
        language="es" if spanish else "en",
    )
