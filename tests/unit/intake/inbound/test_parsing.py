import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.inbound.parsing import MAX_FIELD_ERRORS, parse
from tests.support.intake.factories import data

FIELDS = [
    "jurisdiction",
    "channel",
    "service_code",
    "description",
    "language",
    "location",
    "latitude",
    "longitude",
    "accuracy_m",
    "address",
    "details",
    "attributes",
    "observed_at",
    "media",
    "url",
    "media_type",
    "reporter",
    "status_updates",
    "account_id",
]
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(st.text(max_size=10) | st.sampled_from(FIELDS), parts, max_size=6)
    ),
    max_leaves=30,
)


def field_errors_of(**changes: Any) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in parse(data(**changes)).field_errors]


def test_a_proper_submission_has_no_flaw() -> None:
    parsed = parse(data())

    assert parsed.field_errors == ()
    assert parsed.submission is not None
    assert parsed.submission.service_code == "POTHOLE"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        pytest.param({"jurisdiction": ""}, "jurisdiction", "missing_jurisdiction", id="blank city"),
        pytest.param({"jurisdiction": 7}, "jurisdiction", "invalid", id="a number as city"),
        pytest.param({"channel": "fax"}, "channel", "unknown_channel", id="unknown channel"),
        pytest.param({"service_code": 1}, "service_code", "invalid", id="a number as code"),
        pytest.param({"service_code": "x" * 101}, "service_code", "too_long", id="long code"),
        pytest.param({"description": "x" * 4001}, "description", "too_long", id="long text"),
        pytest.param({"description": {}}, "description", "invalid", id="text that is none"),
        pytest.param({"language": "x" * 36}, "language", "too_long", id="long language"),
        pytest.param({"location": []}, "location", "not_an_object", id="location that is none"),
        pytest.param(
            {"location": {"latitude": 90.1, "longitude": 0}},
            "location.latitude",
            "out_of_range",
            id="north of the pole",
        ),
        pytest.param(
            {"location": {"latitude": 0, "longitude": -180.1}},
            "location.longitude",
            "out_of_range",
            id="west of the map",
        ),
        pytest.param(
            {"location": {"latitude": float("nan"), "longitude": 0}},
            "location.latitude",
            "out_of_range",
            id="no number",
        ),
        pytest.param(
            {"location": {"latitude": "north", "longitude": 0}},
            "location.latitude",
            "invalid",
            id="a word as latitude",
        ),
        pytest.param(
            {"location": {"address": "x", "accuracy_m": -1}},
            "location.accuracy_m",
            "out_of_range",
            id="negative accuracy",
        ),
        pytest.param(
            {"location": {"address": "x" * 501}}, "location.address", "too_long", id="long address"
        ),
        pytest.param({"attributes": []}, "attributes", "not_an_object", id="answers that are none"),
        pytest.param({"attributes": {"a": {}}}, "attributes.a", "invalid", id="a nested answer"),
        pytest.param({"attributes": {"a": "x" * 501}}, "attributes.a", "too_long", id="long"),
        pytest.param(
            {"attributes": {"a": ["ok", 3]}}, "attributes.a", "invalid", id="a list of more kinds"
        ),
        pytest.param({"attributes": {"": 1}}, "attributes.", "invalid", id="a nameless answer"),
        pytest.param(
            {"attributes": {str(i): i for i in range(101)}},
            "attributes",
            "too_long",
            id="101 answers",
        ),
        pytest.param({"observed_at": "2026-03-02"}, "observed_at", "bad_time", id="a day"),
        pytest.param(
            {"observed_at": "2026-03-02T12:00:00"}, "observed_at", "bad_time", id="no offset"
        ),
        pytest.param({"media": {}}, "media", "invalid", id="media that are no list"),
        pytest.param(
            {"media": [{"url": "ftp://x"}]}, "media.0.url", "invalid", id="a link of another kind"
        ),
        pytest.param({"media": [{}]}, "media.0.url", "missing_url", id="no link"),
        pytest.param({"media": [{"url": "https://x"}] * 21}, "media", "too_long", id="21 media"),
        pytest.param(
            {"reporter": {"status_updates": ["email", "fax"]}},
            "reporter.status_updates.1",
            "invalid",
            id="unknown way to write",
        ),
        pytest.param({"reporter": "Ana"}, "reporter", "not_an_object", id="reporter as text"),
    ],
)
def test_each_field_that_is_wrong_is_named_with_its_code(
    changes: dict[str, Any], field: str, code: str
) -> None:
    assert field_errors_of(**changes) == [(field, code)]


def test_missing_fields_are_named() -> None:
    assert [(error.field, error.code) for error in parse({}).field_errors] == [
        ("jurisdiction", "missing_jurisdiction"),
        ("channel", "missing_channel"),
    ]


@pytest.mark.parametrize("nothing", [None, [], "text", 7, [{}]])
def test_what_is_no_object_is_one_flaw_of_the_whole(nothing: Any) -> None:
    parsed = parse(nothing)

    assert parsed.submission is None
    assert [(error.field, error.code) for error in parsed.field_errors] == [("", "not_an_object")]


def test_all_that_is_right_is_read_beside_what_is_wrong() -> None:
    parsed = parse(
        data(
            location={"latitude": 91, "longitude": -122, "address": "5 Main St"},
            media=[{"url": "x"}, {"url": "https://ok"}],
            attributes={"good": "yes", "bad": {}},
        )
    )

    submission = parsed.submission
    assert submission is not None
    assert submission.location is not None
    assert (submission.location.latitude, submission.location.address) == (None, "5 Main St")
    assert [medium.url for medium in submission.media] == ["https://ok"]
    assert submission.attributes == {"good": "yes"}


def test_null_and_a_blank_code_say_nothing() -> None:
    nulls = dict.fromkeys(["description", "location", "attributes", "media", "reporter"])
    parsed = parse({"jurisdiction": "lakeside.gov", "channel": "web", "service_code": " ", **nulls})

    assert parsed.field_errors == ()
    assert parsed.submission is not None
    assert parsed.submission.service_code is None


def test_nulls_within_the_reporter_say_nothing() -> None:
    parsed = parse(data(reporter={"name": None, "status_updates": None}))

    assert parsed.field_errors == ()


def test_a_flaw_names_no_value_and_says_what_to_do() -> None:
    mine = "ana@example.org"
    wrong = data(channel=mine, description=mine * 400, media=[{"url": mine}])
    for error in parse(wrong).field_errors:
        assert mine not in error.message
        assert error.message.endswith(".")


def test_flaws_beyond_counting_are_cut_off() -> None:
    many = parse(data(attributes={str(i): {} for i in range(100)}, media=[{}] * 20))
    hopeless = parse(data(attributes={str(i): [{}] * 50 for i in range(100)}))

    assert len(many.field_errors) == MAX_FIELD_ERRORS
    assert [error.code for error in hopeless.field_errors] == ["invalid"]


@pytest.mark.parametrize(
    ("endless", "read"),
    [
        ({"media": [1] * 400_000}, 21),
        ({"attributes": {str(i): {} for i in range(80_000)}}, 100),
        ({"reporter": {"status_updates": ["fax"] * 150_000}}, 11),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_of_an_endless_list_no_more_is_read_than_refuses_it(
    endless: dict[str, Any], read: int
) -> None:
    parsed = parse(data(**endless))

    assert parsed.submission is not None
    assert len(parsed.field_errors) == read


@pytest.mark.parametrize(
    ("field", "endless"),
    [
        ("media", {"media": [{"url": "https://x"}] * 30_000}),
        ("attributes", {"attributes": {str(i): i for i in range(80_000)}}),
        ("reporter.status_updates", {"reporter": {"status_updates": ["sms"] * 150_000}}),
    ],
)
def test_an_endless_list_of_good_entries_is_too_long(field: str, endless: dict[str, Any]) -> None:
    assert field_errors_of(**endless) == [(field, "too_long")]


def test_reading_the_worst_takes_no_long() -> None:
    worst = data(
        attributes={str(i): {"a": [[[1]]]} for i in range(100)},
        media=[{"url": i} for i in range(20)],
        junk=[[[i]] for i in range(100_000)],
    )
    began = time.process_time()
    parse(worst)

    assert time.process_time() - began < 10


@given(json)
def test_any_json_is_read_as_far_as_it_goes(anything: Any) -> None:
    parsed = parse(anything)

    assert parsed.field_errors or parsed.submission
    assert parsed.submission or not isinstance(anything, dict)


@given(st.dictionaries(st.sampled_from(FIELDS), json))
def test_any_submission_is_read_as_far_as_it_goes(anything: dict[str, Any]) -> None:
    parsed = parse(data() | anything)

    assert parsed.submission is not None
