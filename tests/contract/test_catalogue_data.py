"""The built-in catalogue against the city's own table, exports and maps."""

import csv
import gzip
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from shared.catalogue import Jurisdiction, ServiceType, load_catalogue
from shared.contract.topics import all_topics
from shared.geo import LIMITS, NEIGHBOURS
from shared.vocabulary import EARTH_RADIUS_M
from tests.support.paths import DATA

BESIDE = DATA.parent
TABLE = BESIDE / "design" / "portland_catalogue.csv"
BOSTON_EXPORT = BESIDE / "data" / "boston_2011q3" / "requests.csv.gz"
LIMITS_SOURCE = BESIDE / "data" / "portland_geo" / "city_limits_tiger.geojson"

CATALOGUE = load_catalogue()
PORTLAND = CATALOGUE.jurisdictions["portland.gov"]
BOSTON = CATALOGUE.jurisdictions["boston.gov"]
CITIES = [pytest.param(city, id=city.id) for city in CATALOGUE.jurisdictions.values()]


def rows() -> list[dict[str, str]]:
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def row_and_kind() -> list[object]:
    return [
        pytest.param(row, PORTLAND.services.get(row["service_code"]), id=row["service_code"])
        for row in rows()
    ]


needs_table = pytest.mark.skipif(not TABLE.exists(), reason="Portland's table is not here")


@needs_table
def test_portland_has_every_kind_of_the_table_and_no_other() -> None:
    assert set(PORTLAND.services) == {row["service_code"] for row in rows()}


@needs_table
@pytest.mark.parametrize(("row", "kind"), row_and_kind())
def test_a_kind_has_the_facts_of_the_table(row: dict[str, str], kind: ServiceType) -> None:
    assert {
        "name": kind.name.en,
        "group": kind.group.en,
        "lead_bureau": kind.lead,
        "default_priority": kind.priority,
        "target_response_hours": f"{kind.target_hours:g}",
        "dedup_group": kind.dedup.group,
        "dedup_window_hours": f"{kind.dedup.window.total_seconds() / 3600:g}",
        "dedup_radius_m": f"{kind.dedup.radius_m:g}",
        "keywords_en": ";".join(kind.keywords.en),
        "keywords_es": ";".join(kind.keywords.es),
    } == {key: row[key] for key in row if key in FACTS}


FACTS = {
    "name",
    "group",
    "lead_bureau",
    "default_priority",
    "target_response_hours",
    "dedup_group",
    "dedup_window_hours",
    "dedup_radius_m",
    "keywords_en",
    "keywords_es",
}


@needs_table
@pytest.mark.parametrize(("row", "kind"), row_and_kind())
def test_a_kind_is_a_hazard_as_the_table_says(row: dict[str, str], kind: ServiceType) -> None:
    rule = row["urgent_row_hazard"].partition(":")[0]

    assert kind.hazard == rule
    assert bool(kind.hazard_conditions) == (rule == "if")
    assert len(kind.hazard_conditions) >= row["urgent_row_hazard"].count(" OR ") + (rule == "if")


@needs_table
@pytest.mark.parametrize(("row", "kind"), row_and_kind())
def test_a_kind_informs_the_bureaus_of_the_table(row: dict[str, str], kind: ServiceType) -> None:
    cells = [cell for cell in row["also_notified"].split(";") if cell]
    always = [m[1] for cell in cells if (m := re.fullmatch(r"([A-Z0-9-]+)( \(.*\))?", cell))]
    perhaps = [m[1] for cell in cells if (m := re.match(r"([A-Z0-9-]+) (if |downtown)", cell))]

    assert [i.bureau for i in kind.informed if i.when is None] == always
    assert set(perhaps) <= {i.bureau for i in kind.informed if i.when is not None}
    assert bool(kind.notes) or len(always) + len(perhaps) == len(cells)


@needs_table
@pytest.mark.parametrize(("row", "kind"), row_and_kind())
def test_a_kind_asks_and_refers_as_the_table_says(row: dict[str, str], kind: ServiceType) -> None:
    fields = set(re.sub(r"\(.*?\)", "", row["extra_fields"]).split(";"))
    needs_no_place = "no_location_needed" in fields or row["dedup_radius_m"] == "0"
    asked = {attribute.code for attribute in kind.attributes}

    assert kind.needs.location == (not needs_no_place)
    assert kind.needs.photo == ("photo(required)" in row["extra_fields"])
    assert kind.needs.contact == ("contact(required)" in row["extra_fields"])
    assert fields - asked <= NOT_ASKED_AS_ATTRIBUTES
    # Dangers of no kind have a referral by condition, which the table of kinds cannot have.
    assert bool(kind.referrals) == (row["external_referral"] != "none" or kind.code == "OTHER")


NOT_ASKED_AS_ATTRIBUTES = {
    "",
    "address",
    "anonymous_ok",
    "callback",
    "confidential_contact",
    "contact",
    "contact_if_help",
    "contact_number",
    "description",
    "email_optional",
    "location",
    "needs_contact",
    "no_location_needed",
    "phone_for_removal_help",
    "photo",
    "warm_transfer",
}
"""Parts of every submission (contact, place, words, pictures), and notes for the operator."""


@pytest.mark.parametrize("city", CITIES)
def test_every_text_has_a_translation_of_its_own(city: Jurisdiction) -> None:
    same = [k.code for k in city.services.values() if k.name.en == k.name.es]
    questions = {a.name for k in city.services.values() for a in k.attributes}

    assert [code for code in same if code != "BOS-ALERT-BOSTON"] == []
    assert [name for name in questions if name.en == name.es] == []


@pytest.mark.parametrize("city", CITIES)
def test_no_two_kinds_share_a_name(city: Jurisdiction) -> None:
    for language in ("en", "es"):
        names = [kind.name.in_language(language) for kind in city.services.values()]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("city", CITIES)
def test_a_condition_that_decides_can_be_stated_in_words_or_by_an_answer(
    city: Jurisdiction,
) -> None:
    mute = [
        condition.code
        for kind in city.services.values()
        for code in (*kind.hazard_conditions, *(i.when for i in kind.informed if i.when))
        for condition in [city.conditions[code]]
        if not (condition.phrases.en and condition.phrases.es)
    ]

    assert mute == []


def test_no_condition_and_no_question_lies_unused() -> None:
    decides = {
        code
        for city in CATALOGUE.jurisdictions.values()
        for kind in city.services.values()
        for code in (
            *kind.hazard_conditions,
            *kind.implies,
            *kind.harmless,
            *(meant.when for meant in kind.alternatives),
            *(kind.guess.when | kind.guess.unless if kind.guess else ()),
            *(informed.when for informed in kind.informed),
            *(referral.when for referral in kind.referrals),
        )
    }
    perils = (*PORTLAND.emergencies, *PORTLAND.hazards)
    decides |= {code for peril in perils for code in (*peril.all_of, *peril.any_of)}
    decides |= {*PORTLAND.phrase_roles.past, *PORTLAND.phrase_roles.hypothetical}
    decides |= {code for owner in PORTLAND.owners for code in owner.when}
    around = PORTLAND.circumstances
    decides |= {code for place in around.places for code in place.when} if around else set()
    asked = {a.code for k in PORTLAND.services.values() for a in k.attributes}

    assert set(PORTLAND.conditions) - decides == set()
    assert _fields() - asked == set()


def _fields() -> set[str]:
    text = (PORTLAND.folder.parent / "common" / "fields.yaml").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z_0-9]+):", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("code", "emergency"),
    [("EMERG-911", "life_in_danger"), ("CRISIS-PSR", "crisis"), ("ROW-GAS", "gas")],
)
def test_some_kinds_are_always_emergencies(code: str, emergency: str) -> None:
    assert PORTLAND.emergency(PORTLAND.services[code], ()) == (emergency, ())


def test_a_photo_is_never_what_a_program_must_send() -> None:
    required = {a.code for k in PORTLAND.services.values() for a in k.attributes if a.required}

    assert "photo" not in required


@pytest.mark.skipif(not BOSTON_EXPORT.exists(), reason="Boston's export is not here")
def test_boston_has_a_kind_for_every_type_of_its_export() -> None:
    with gzip.open(BOSTON_EXPORT, "rt", encoding="utf-8") as file:
        types = {row["type"] for row in csv.DictReader(file)}

    assert set(BOSTON.export_types) == types
    assert len(set(BOSTON.export_types.values())) == len(types)


def test_bureaus_of_all_cities_have_topics_of_their_own() -> None:
    topics = [topic.name for topic in all_topics(CATALOGUE.bureau_codes)]

    assert len(topics) == len(set(topics))


@pytest.mark.parametrize("name", [LIMITS, NEIGHBOURS])
def test_polygons_say_where_they_come_from(name: str) -> None:
    assert "TIGER" in json.loads((PORTLAND.folder / name).read_text())["source"]


@pytest.mark.skipif(not LIMITS_SOURCE.exists(), reason="the polygons of the Census are not here")
def test_the_limits_are_small_and_nowhere_fifteen_metres_off() -> None:
    mine, theirs = _outline(PORTLAND.folder / LIMITS), _outline(LIMITS_SOURCE)

    assert (PORTLAND.folder / LIMITS).stat().st_size < 40_000
    assert mine.hausdorff_distance(theirs) < 15  # type: ignore[no-untyped-call]


def _outline(path: Path) -> BaseGeometry:
    """Return a polygon's outline in metres around Portland."""
    [feature] = json.loads(path.read_text())["features"]
    degree = math.radians(1) * EARTH_RADIUS_M
    metres = np.array([degree * math.cos(math.radians(45.5)), degree])
    outline: BaseGeometry = shape(feature["geometry"]).boundary  # type: ignore[no-untyped-call]  # shapely has no types
    in_metres: BaseGeometry = shapely.transform(outline, lambda degrees: degrees * metres)
    return in_metres


NEEDS_OF_A_PERSON = {
    "portland.gov": {"ADA-REQUEST", "CAMP-ADA", "OUTREACH-REQ", "CRISIS-PSR", "POL-NONEMERG"},
    "boston.gov": {"BOS-ADA"},
    "chicago.gov": {"CHI-HOMELESS"},
    "nyc.gov": {"NYC-HOMELESS"},
    "sf.gov": {"SF-HOMELESS"},
}


@pytest.mark.parametrize("city", CITIES)
def test_kinds_that_tell_of_a_persons_need_are_private_and_most_are_not(city: Jurisdiction) -> None:
    private = {kind.code for kind in city.services.values() if kind.private}

    assert NEEDS_OF_A_PERSON[city.id] <= private
    assert len(private) < len(city.services) / 8
    assert not private & {"CAMP-REPORT", "ROW-POTHOLE"}
