"""Stories about what is not the city's to do, and about what must not be passed on."""

from cli.demo.scenario.places import OUTSIDE
from cli.demo.scenario.report import Report
from cli.demo.scenario.scene import Scene, corner

QUESTION, GRESHAM, PRIVATE = "question_211", "gresham", "private"

GARDEN_AT = corner(45.4755, -122.6190, "4200 SE Duke St")


def a_question_for_211(scene: Scene) -> list[Report]:
    """Somebody needs what 211 helps with, and the city does not."""
    text = "I lost my job. Where can I get help with rent and food?"
    return [scene.tell(QUESTION, "phone", scene.at(9, 30), text, None, kind="SOC-SERVICES")]


def two_from_gresham(scene: Scene) -> list[Report]:
    """Two problems that lie in the next city."""
    first, second = OUTSIDE[:2]
    pothole = "Pothole in front of the bakery, deep enough to lose a shoe."
    light = "Street light out, the whole block is dark."
    return [
        scene.tell(GRESHAM, "web", scene.at(8, 50), pothole, first, kind="ROW-POTHOLE"),
        scene.tell(GRESHAM, "phone", scene.at(18, 20), light, second, kind="ROW-STREETLIGHT"),
    ]


def a_talkative_one(scene: Scene) -> list[Report]:
    """Somebody writes an address and a telephone number where everybody could read them."""
    text = (
        "Rats in my garden. Write to nora.garden@example.org or call 503-555-0142, "
        "I am home after five."
    )
    return [scene.tell(PRIVATE, "web", scene.at(12, 40), text, GARDEN_AT, kind="PEST-VECTOR")]
