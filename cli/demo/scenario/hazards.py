"""Stories about dangers in the street."""

from cli.demo.scenario.places import Place, moved
from cli.demo.scenario.report import Report
from cli.demo.scenario.scene import Scene, corner

MATTRESS, SIGNAL, WIRE, POTHOLE, LAST = "mattress", "signal", "wire", "pothole", "last_urgent"

MATTRESS_AT = corner(45.5318, -122.6303, "NE Sandy Blvd & NE 33rd Ave")
SIGNAL_AT = corner(45.5045, -122.5788, "SE 82nd Ave & SE Division St")
WIRE_AT = corner(45.5555, -122.6505, "NE Prescott St & NE 15th Ave")
POTHOLE_AT = corner(45.5626, -122.6090, "NE Killingsworth St & NE 52nd Ave")
GAS_AT = corner(45.5120, -122.6229, "SE Hawthorne Blvd & SE Cesar E Chavez Blvd")
MANHOLE_AT = corner(45.5773, -122.6868, "N Lombard St & N Denver Ave")
TREE_AT = corner(45.4791, -122.6090, "SE Woodstock Blvd & SE 52nd Ave")
MAIN_AT = corner(45.5266, -122.5580, "NE Glisan St & NE 102nd Ave")
TRACKS_AT = corner(45.5627, -122.6816, "N Interstate Ave & N Killingsworth St")

_MATTRESS = (
    (7, 40, "web", "TRASH-DUMPED", "Somebody dumped a mattress at the curb on Sandy by 33rd."),
    (8, 5, "app", "ROW-DEBRIS", "A mattress has slid into the right lane on Sandy at 33rd."),
    (
        8,
        10,
        "phone",
        None,
        "A mattress is blocking the right lane, cars are swerving around it.",
    ),
    (8, 25, "sms", "ROW-DEBRIS", "Mattress in the road on NE Sandy, right lane."),
)
_SIGNAL = (
    (11, 30, "phone", "Traffic light out at 82nd and Division, all directions are dark."),
    (11, 34, "app", "The signal is dark at SE 82nd and Division, lots of near misses."),
    (11, 41, "web", "Signal not working on 82nd at Division."),
)
_WIRE = (
    (13, 2, "phone", "en", "Power line down on Prescott at 15th and it is sparking on the street."),
    (13, 6, "app", "es", "Hay una línea eléctrica caída con chispas en Prescott y la 15."),
)
_LAST = (
    (TREE_AT, "app", "ROW-TREE-DOWN", "en", "Tree down across both lanes of Woodstock at 52nd."),
    (GAS_AT, "web", "ROW-GAS", "es", "Huele a gas muy fuerte en la esquina de Hawthorne."),
    (MANHOLE_AT, "app", "ROW-MANHOLE", "en", "Open manhole in the lane on Lombard at Denver."),
    (MAIN_AT, "web", "WAT-MAINBREAK", "en", "Water gushing out of the street on Glisan at 102nd."),
    (TRACKS_AT, "sms", "VEH-HAZARD", "en", "Stalled car on the MAX tracks at Killingsworth."),
)


def a_mattress_in_the_lane(scene: Scene) -> list[Report]:
    """A mattress that is litter at first, then lies in a lane, then makes cars swerve."""
    return [
        scene.tell(
            MATTRESS, channel, scene.at(hour, minute), text, _near(MATTRESS_AT, i), kind=kind
        )
        for i, (hour, minute, channel, kind, text) in enumerate(_MATTRESS)
    ]


def a_dark_signal(scene: Scene) -> list[Report]:
    """A traffic signal without power on a busy crossing."""
    kind = "ROW-SIGNAL-OUT"
    return [
        scene.tell(SIGNAL, channel, scene.at(hour, minute), text, _near(SIGNAL_AT, i), kind=kind)
        for i, (hour, minute, channel, text) in enumerate(_SIGNAL)
    ]


def an_arcing_line(scene: Scene) -> list[Report]:
    """A power line that sparks on the ground, reported twice: both must hear to call 911."""
    return [
        scene.tell(
            WIRE,
            channel,
            scene.at(hour, minute),
            text,
            _near(WIRE_AT, i),
            kind="ROW-WIRE",
            language=language,
        )
        for i, (hour, minute, channel, language, text) in enumerate(_WIRE)
    ]


def a_pothole_in_spanish(scene: Scene) -> list[Report]:
    """A pothole that has burst a tire, in Spanish, and without naming a kind."""
    text = "Hay un bache enorme en Killingsworth y la 52, se me ponchó una llanta."
    at = scene.at(16, 15)
    return [scene.tell(POTHOLE, "email", at, text, POTHOLE_AT, language="es")]


def last_but_urgent(scene: Scene) -> list[Report]:
    """Dangers that are handed in after everything else, behind the backlog."""
    return [
        scene.tell(
            LAST, channel, scene.at(23, 59, 30 + i), text, place, kind=kind, language=language
        )
        for i, (place, channel, kind, language, text) in enumerate(_LAST)
    ]


def _near(place: Place, number: int) -> Place:
    return Place(moved(place.point, east_m=3.0 * number), place.address, place.street)
