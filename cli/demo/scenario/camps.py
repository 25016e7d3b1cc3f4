"""Stories about camps: one seen by thirty people, one nearby, one on the State's land."""

from datetime import timedelta

from cli.demo.scenario.places import Place, moved, near
from cli.demo.scenario.report import Report
from cli.demo.scenario.scene import Scene, corner

CAMP, OTHER_CAMP, ODOT_CAMP = "camp", "other_camp", "odot_camp"

CAMP_AT = corner(45.5113, -122.6566, "SE Clay St & SE 9th Ave")
OTHER_CAMP_AT = Place(
    moved(CAMP_AT.point, east_m=300), "SE Clay St & SE 12th Ave", "SE Clay St & SE 12th Ave"
)
ODOT_AT = corner(45.4798, -122.5662, "I-205 at SE Foster Rd")

REPORTERS = 30
_EVERY = timedelta(minutes=27)
_SEEN_WITHIN_M = 25.0
_CHANNELS = (
    *("web", "phone", "app", "email", "web", "phone", "walk_in", "app"),
    *("sms", "web", "phone", "open311", "web", "app", "phone"),
)
_DESK_HOURS = {"phone": range(7, 20), "walk_in": range(8, 17)}
_OVER_HTTP = {4, 19}
_KINDS: dict[int, str | None] = {3: "CAMP-TRASH", 11: "VEH-CAMP", 16: None, 22: "CAMP-TRASH"}
_ENGLISH = (
    "Campsite under the trees at SE Clay and 9th, six tents or so.",
    "There is an encampment on the corner by our warehouse, it grew since yesterday.",
    "Tents on both sides of the street at SE Clay, people sleep on the sidewalk.",
    "Same campsite as every morning on my way to work at 9th and Clay.",
    "Customers cannot use our door on SE Clay, tents stand right before it.",
    "Big homeless camp at 9th and Clay with shopping carts and pallets.",
    "Please send somebody to the tents on SE Clay, some people there look unwell.",
)
_SPANISH = (
    "Hay un campamento grande en SE Clay y la 9, con muchas tiendas de campaña.",
    "Otra vez el campamento de la calle Clay, ya no se puede caminar por ahí.",
)
_SPANISH_EVERY = 6


def thirty_of_one_camp(scene: Scene) -> list[Report]:
    """Thirty people report one camp over the day, each as they please."""
    return [_sighting(scene, number) for number in range(REPORTERS)]


def a_camp_nearby(scene: Scene) -> list[Report]:
    """Three people report another camp, 300 m away: near, but not the same."""
    text = "A few tents by the loading dock on SE Clay near 12th."
    return [
        scene.tell(OTHER_CAMP, channel, scene.at(hour, 5), text, OTHER_CAMP_AT, kind="CAMP-REPORT")
        for channel, hour in (("app", 9), ("phone", 12), ("email", 18))
    ]


def a_camp_on_state_land(scene: Scene) -> list[Report]:
    """A camp beside the freeway, which is the State's."""
    text = "Camp beside the freeway ramp, tents on the slope behind the fence."
    return [scene.tell(ODOT_CAMP, "phone", scene.at(10, 20), text, ODOT_AT, kind="CAMP-ODOT")]


def _sighting(scene: Scene, number: int) -> Report:
    at = scene.at(6, 40) + number * _EVERY
    spanish = number % _SPANISH_EVERY == _SPANISH_EVERY - 1
    texts = _SPANISH if spanish else _ENGLISH
    seen_at = near(CAMP_AT.point, _SEEN_WITHIN_M, scene.rng)
    channel = _CHANNELS[number % len(_CHANNELS)]
    if at.hour not in _DESK_HOURS.get(channel, range(24)):
        channel = "sms"
    return scene.tell(
        CAMP,
        channel,
        at,
        texts[number % len(texts)],
        Place(seen_at, CAMP_AT.address, CAMP_AT.street),
        kind=_KINDS.get(number, "CAMP-REPORT"),
        language="es" if spanish else "en",
        over_http=number in _OVER_HTTP,
    )
