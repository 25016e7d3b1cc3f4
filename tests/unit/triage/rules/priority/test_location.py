import pytest

from services.triage.rules.priority.location import NO_LOCATION, ReportLocation
from services.triage.rules.priority.score import PriorityScore
from shared.vocabulary import GeoPoint
from tests.unit.triage.rules.priority import labelled

PLACES = {"school", "bridge", "arterial", "transit"}


def urgency(kind: str, text: str = "", location: ReportLocation = NO_LOCATION) -> PriorityScore:
    rules = labelled.rules()
    return rules.assess(rules.services[kind], text, {}, None, location).priority


def placed(
    kind: str, text: str = "", location: ReportLocation = NO_LOCATION
) -> list[tuple[str, int, str | None]]:
    found = urgency(kind, text, location).reasons
    return [(p.code, p.points, p.evidence) for p in found if p.code in PLACES]


@pytest.mark.parametrize(
    ("text", "place", "evidence"),
    [
        (
            "pothole in front of the elementary school",
            "school",
            "in front of the elementary school",
        ),
        ("bache frente a la escuela", "school", "frente a la escuela"),
        ("pothole on the Hawthorne Bridge", "bridge", "hawthorne bridge"),
        ("bache en el puente St. Johns", "bridge", "en el puente"),
        ("hole on SE Powell near 33rd", "arterial", "se powell"),
        ("un bache en la 82", "arterial", "en la 82"),
        ("pothole on a busy street", "arterial", "busy street"),
        ("pothole right at the bus stop", "transit", "bus stop"),
        ("bache en la parada de autobús", "transit", "parada de autobus"),
    ],
)
def test_words_name_a_place_in_two_languages(text: str, place: str, evidence: str) -> None:
    [(code, points, stated)] = placed("ROW-POTHOLE", text)

    assert (code, stated) == (place, evidence)
    assert 5 <= points <= 10


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("3300 SE Powell Blvd", [("arterial", 5, "powell blvd")]),
        ("SE Foster Road & SE 82nd Avenue", [("arterial", 5, "82nd avenue")]),
        ("2000 NE Martin Luther King Blvd", [("arterial", 5, "king blvd")]),
        ("Burnside Bridge", [("bridge", 5, "burnside bridge")]),
        ("1221 SW 4th Ave", []),
        ("39 Powellhurst Ct", []),
    ],
)
def test_an_address_names_a_place(address: str, expected: list[tuple[str, int, str]]) -> None:
    assert placed("ROW-POTHOLE", location=ReportLocation(address)) == expected


@pytest.mark.parametrize(
    ("point", "bridge"),
    [
        pytest.param(GeoPoint(45.51335, -122.668), "Hawthorne Bridge", id="on it"),
        pytest.param(GeoPoint(45.5232, -122.667), "Burnside Bridge", id="on another"),
        pytest.param(GeoPoint(45.5142, -122.668), None, id="in the river, a hundred metres off"),
        pytest.param(GeoPoint(45.5129, -122.6598), None, id="past its end"),
        pytest.param(None, None, id="nowhere"),
    ],
)
def test_a_point_on_a_bridge_says_so(point: GeoPoint | None, bridge: str | None) -> None:
    expected = [("bridge", 5, bridge)] if bridge else []

    assert placed("ROW-POTHOLE", location=ReportLocation(point=point)) == expected


def test_all_places_together_add_no_more_than_the_city_says() -> None:
    found = placed("ROW-POTHOLE", "on SE Powell by the bus stop on the bridge near the school")

    assert sum(points for _, points, _ in found) == 10
    assert found[0][0] == "school"


@pytest.mark.parametrize("kind", ["CAMP-REPORT", "NOISE-GENERAL", "TRASH-LITTER", "PERMIT-EVENT"])
def test_for_other_kinds_a_place_changes_nothing(kind: str) -> None:
    assert (
        placed(kind, "on SE Powell in front of the school", ReportLocation("3300 SE Powell Blvd"))
        == []
    )


def test_a_place_that_is_a_hazard_of_the_kind_counts_once() -> None:
    found = urgency("ROW-ICE", "ice on the bridge", ReportLocation("Hawthorne Bridge"))

    assert [p.code for p in found.reasons].count("bridge") == 1


@pytest.mark.parametrize("text", ["not on the bridge, on the street below", "no está en el puente"])
def test_a_place_that_the_text_denies_is_none(text: str) -> None:
    assert placed("ROW-POTHOLE", text) == []


@pytest.mark.parametrize("kind", sorted(labelled.rules().services))
def test_no_place_changes_the_level_of_a_kind_by_itself(kind: str) -> None:
    text = "at the elementary school, on the Hawthorne Bridge, a busy street, at the bus stop"
    place_is_a_hazard = {"school", "bridge", "arterial"} & set(
        labelled.rules().services[kind].hazard_conditions
    )

    if not place_is_a_hazard and kind != "ANIMAL-STRAY":  # there a busy street is the hazard
        assert urgency(kind, text).level == urgency(kind).level
