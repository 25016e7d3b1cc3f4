"""What a submission would become, without a database."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest

from services.intake.handlers import accept_submissions
from services.intake.inbound.validation import ValidatedSubmission, read_partly
from services.intake.policy import CityAddress, IntakePolicy, city_of, intake_languages
from services.intake.preview import locate, near_query, render_preview
from services.intake.public_status.nearby import NearbyCase
from shared.catalogue import load_catalogue
from shared.contract.events import FieldError, RequestSubmitted
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON, handed_in
from tests.support.intake.factories import (
    BEYOND_THE_LIMITS,
    HERE,
    KEY,
    LAKESIDE,
    POLICY,
    FakeBoundaries,
    data,
    raw_submission,
)
from tests.support.intake.fakes import InMemorySubmissions

PORTLAND = IntakePolicy(
    {"portland.gov": city_of(load_catalogue().jurisdictions["portland.gov"], FakeBoundaries())},
    KEY,
    "https://311.example.org",
)
SURE = "There is a big pothole in the street"
Previewed: TypeAlias = tuple[ValidatedSubmission | None, tuple[FieldError, ...]]


def previewed(**changes: Any) -> Previewed:
    return read_partly(handed_in(data(**changes)), NOON, POLICY)


def rendered(
    readable: ValidatedSubmission | None,
    errors: Sequence[FieldError],
    near: Sequence[NearbyCase] = (),
) -> dict[str, Any]:
    return render_preview(readable, errors, near, POLICY.languages)


def readable(**changes: Any) -> ValidatedSubmission:
    submission, _ = previewed(**changes)
    assert submission
    return submission


async def test_a_preview_names_five_kinds_and_an_event_those_that_may_be_meant(
    submissions: InMemorySubmissions,
) -> None:
    told = {"jurisdiction": "portland.gov", "description": SURE, "service_code": None}
    handed_over = raw_submission(handed_in(data(**told)))
    found, errors = read_partly(handed_over.envelope, NOON, PORTLAND)
    (result,) = await accept_submissions([handed_over], submissions, PORTLAND, NOON)
    request = next(e.data for e in result.events if isinstance(e, RequestSubmitted))

    in_preview = [kind["probability"] for kind in rendered(found, errors)["kinds"]]
    in_event = [kind.probability for kind in request.kinds]

    assert (len(in_preview), in_preview[-1]) == (5, 0.0)
    assert in_event == [p for p in in_preview if p >= 0.01]
    assert in_event


def test_texts_are_in_a_language_that_is_offered() -> None:
    submission = data(description="Em đường này có ổ gà", language="vi", service_code="ROW-POTHOLE")
    read, errors = read_partly(
        handed_in(submission | {"jurisdiction": "portland.gov"}), NOON, PORTLAND
    )

    shown = render_preview(read, errors, (), intake_languages(unreviewed=True))
    kept = render_preview(read, errors, (), POLICY.languages)

    assert (shown["language"], shown["service_name"]) == ("vi", "Ổ gà")
    assert shown["questions"][0]["text"] != kept["questions"][0]["text"]
    assert (kept["language"], kept["service_name"]) == ("en", "Pothole")


def test_a_whole_submission_has_no_errors_and_its_kinds_questions() -> None:
    view = rendered(*previewed())
    kind = LAKESIDE.services["POTHOLE"]

    assert (view["service_code"], view["priority"]) == ("POTHOLE", kind.priority)
    assert [question["code"] for question in view["questions"]] == [
        attribute.code for attribute in kind.attributes
    ]
    assert (view["errors"], view["referral"]) == ([], None)


def test_questions_that_the_text_answers_are_left_out_and_three_come_first() -> None:
    text = "A mattress is blocking the right lane"
    submission = handed_in(
        data(jurisdiction="portland.gov", service_code="ROW-DEBRIS", description=text)
    )
    view = rendered(*read_partly(submission, NOON, PORTLAND))

    assert [(one["code"], one["first"]) for one in view["questions"]] == [
        ("bike_lane", True),
        ("lane_direction", True),
        ("debris_type", True),
        ("debris_size", False),
    ]


def test_words_of_a_person_who_may_harm_themselves_get_the_crisis_line_first() -> None:
    submission = handed_in(
        data(
            jurisdiction="portland.gov",
            service_code=None,
            description="quiero matarme",
            language="es",
        )
    )
    view = rendered(*read_partly(submission, NOON, PORTLAND))

    assert view["danger"] == ["self_harm"]
    assert [one["code"] for one in view["advice"]] == ["call_crisis_line", "call_911"]
    assert view["advice"][0]["text"].startswith("Usted nos importa.")


def test_what_is_missing_is_named_and_the_rest_is_shown() -> None:
    view = rendered(*previewed(channel=None, location=None))

    assert view["service_code"] == "POTHOLE"
    assert {error["code"] for error in view["errors"]} == {"missing_channel", "missing_location"}


@pytest.mark.parametrize("changes", [{"jurisdiction": "nowhere"}, {"service_code": "NO-SUCH"}])
def test_without_a_city_or_a_kind_nothing_is_derived(changes: dict[str, Any]) -> None:
    view = rendered(*previewed(**changes))

    assert (view["service_code"], view["priority"], view["questions"]) == (None, None, [])
    assert view["errors"]


def test_a_place_alone_has_no_kind() -> None:
    one, errors = previewed(service_code=None, description=None)

    assert rendered(one, errors)["service_code"] is None
    assert near_query(one) is None


def test_a_place_beyond_the_limits_is_referred_to_the_neighbour() -> None:
    at = {"latitude": BEYOND_THE_LIMITS.latitude, "longitude": BEYOND_THE_LIMITS.longitude}
    view = rendered(*previewed(location=at))

    assert view["referral"]["agency"] == LAKESIDE.neighbours["hilltop"].code


def test_near_is_within_100_m_or_the_groups_radius_without_private_kinds() -> None:
    query = near_query(readable())
    group = LAKESIDE.services["POTHOLE"].dedup.group
    kinds = [LAKESIDE.services[code] for code in LAKESIDE.dedup_groups[group]]

    assert query
    assert (query.jurisdiction, query.dedup_group, query.point) == ("lakeside.gov", group, HERE)
    assert query.radius_m == max(100.0, *(kind.dedup.radius_m for kind in kinds))
    assert query.private_kinds == []
    private = near_query(readable(service_code="HOME-CARE"))
    assert private
    assert private.private_kinds == ["HOME-CARE"]


class OnePlace:
    """A geocoder that knows one point, for any address."""

    def __init__(self, point: GeoPoint) -> None:
        self._point = point

    async def points(self, addresses: Sequence[CityAddress]) -> list[GeoPoint | None]:
        return [self._point for _ in addresses]


async def test_an_address_alone_is_found_on_the_map() -> None:
    one = readable(location={"address": "1 Main St"})

    here = await locate(one, [OnePlace(HERE)])
    beyond = await locate(one, [OnePlace(BEYOND_THE_LIMITS)])

    query = near_query(here)
    assert query
    assert query.point == HERE
    assert rendered(here, [])["referral"] is None
    referral = rendered(beyond, [])["referral"]
    assert referral["agency"] == LAKESIDE.neighbours["hilltop"].code


def test_without_a_point_nothing_is_near() -> None:
    assert near_query(readable(location={"address": "1 Main St"})) is None
    assert near_query(readable(location={"latitude": 0, "longitude": 0})) is None


def test_texts_are_in_the_language_of_the_submission() -> None:
    near = NearbyCase("c", "POTHOLE", "open", 12.345, NOON, 4, "Hole 26-7KQ4-HJ3M25", None)
    view = rendered(*previewed(language="es-MX"), [near])

    name = LAKESIDE.services["POTHOLE"].name.es
    assert (view["service_name"], view["near"][0]["service_name"]) == (name, name)
    assert view["near"][0]["distance_m"] == 12.3


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("Gresham City Hall", "City of Gresham"),
        ("500 Main St, Vancouver WA", "City of Vancouver, Washington, or Clark County"),
        ("Pike Place Market, Seattle", "The city or county where it is"),
        ("1221 SW 4th Ave, Portland", None),
        ("SE Milwaukie Ave & Bybee", None),
    ],
)
def test_an_address_that_names_another_city_is_referred_to_it(
    address: str, name: str | None
) -> None:
    submission = handed_in(
        data(
            jurisdiction="portland.gov",
            service_code="ROW-POTHOLE",
            location={"address": address},
        )
    )

    referral = rendered(*read_partly(submission, NOON, PORTLAND))["referral"]

    assert (referral and referral["name"]) == name
    assert referral is None or referral["outside_city"]
    assert "Multnomah" not in str(referral)
