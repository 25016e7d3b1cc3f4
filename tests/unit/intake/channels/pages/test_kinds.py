"""The choice of the kind."""

from typing import Any

import pytest

from services.intake.channels.pages.form import PageForm
from services.intake.channels.pages.kinds import chosen_kind, is_search, kind_choices
from shared.catalogue import load_catalogue

CITY = load_catalogue().jurisdictions["portland.gov"]


@pytest.mark.parametrize(
    ("fields", "view", "chosen"),
    [
        pytest.param(
            {}, {"service_code": "ROW-POTHOLE", "unsure": False}, "ROW-POTHOLE", id="sure"
        ),
        pytest.param({}, {"service_code": "OTHER", "unsure": True}, "", id="unsure"),
        pytest.param({}, {"service_code": None, "unsure": False}, "", id="no words"),
        pytest.param({}, {}, "", id="no preview"),
        pytest.param(
            {"service_code": "GRAF-PUBLIC"},
            {"service_code": "ROW-POTHOLE", "unsure": False},
            "GRAF-PUBLIC",
            id="the person's own choice first",
        ),
    ],
)
def test_the_first_kind_is_chosen_beforehand_when_it_is_sure(
    fields: dict[str, str], view: dict[str, Any], chosen: str
) -> None:
    assert chosen_kind(PageForm.of(fields.items()), view) == chosen


@pytest.mark.parametrize(
    ("fields", "searches"),
    [
        pytest.param({"to": "search"}, True, id="the button"),
        pytest.param({"to": "next", "kind_words": "noise"}, True, id="Enter in its field"),
        pytest.param({"kind_words": "noise", "searched": "noise"}, False, id="seen its answer"),
        pytest.param(
            {"kind_words": "noise", "service_code": "OTHER", "asked": "ROW-POTHOLE"},
            False,
            id="chosen since",
        ),
        pytest.param({"to": "next"}, False, id="no words"),
    ],
)
def test_a_form_searches_by_its_button_or_by_new_words(
    fields: dict[str, str], searches: bool
) -> None:
    assert is_search(PageForm.of(fields.items())) is searches


def test_every_kind_can_be_chosen_and_the_chosen_one_is_among_the_likely() -> None:
    likely = ["ROW-POTHOLE", "ROW-SINKHOLE"]
    choices = kind_choices(CITY, "es", "GRAF-PUBLIC", likely, [CITY.services["NOISE-BARKING"]])

    assert [one.code for one in choices.likely] == ["GRAF-PUBLIC", *likely]
    assert [one.name.in_language("es") for one in choices.found or ()] == ["Perro que ladra"]
    grouped = [one.code for named in choices.groups.values() for one in named]
    assert sorted([*grouped, choices.other.code]) == sorted(CITY.services)
    assert kind_choices(CITY, "en", "OTHER", likely, None).likely[0].code == "ROW-POTHOLE"
