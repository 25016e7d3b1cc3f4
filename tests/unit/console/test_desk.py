"""The desk's form, answers by words, places, and what the audit keeps of a call."""

from zoneinfo import ZoneInfo

import pytest

from console.answers import AnswerSearch
from console.pages.delivery import chosen
from console.pages.desk import about, submission_of
from console.pages.parts import location_of
from shared.catalogue import load_catalogue

PORTLAND = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("where", "location"),
    [
        ("45.52, -122.68", {"latitude": 45.52, "longitude": -122.68}),
        ("45.52,-122.68 Pier", {"latitude": 45.52, "longitude": -122.68, "address": "Pier"}),
        (" 1221 SW 4th Ave ", {"address": "1221 SW 4th Ave"}),
        ("82, Division", {"address": "82, Division"}),
        (" ", None),
    ],
)
def test_a_place_is_a_point_or_an_address(where: str, location: dict[str, object] | None) -> None:
    assert location_of(where) == location


def test_an_empty_form_is_a_call_without_a_report() -> None:
    assert submission_of({}, PORTLAND) == {"channel": "phone", "entered_by": "resident"}


def test_a_form_becomes_a_report_with_answers_of_each_datatype() -> None:
    fields = {
        "said": " Deep pothole ",
        "where": "45.52, -122.68",
        "language": "es",
        "channel": "walk_in",
        "callback": "503-555-0177",
        "texts": "yes",
        "answer:number:depth": "3,5",
        "answer:datetime:seen": "2026-07-01T08:00",
        "answer:multivaluelist:where": "bike",
        "answer:string:lane": " left ",
        "answer:number:width": "wide",
        "answer:text:more": " ",
    }

    submission = submission_of(fields, PORTLAND)

    assert submission["description"] == "Deep pothole"
    assert submission["channel"] == "walk_in"
    assert submission["attributes"] == {
        "depth": 3.5,
        "seen": "2026-07-01T08:00:00-07:00",
        "where": ["bike"],
        "lane": "left",
        "width": "wide",
    }
    assert submission["reporter"] == {
        "phone": "503-555-0177",
        "language": "es",
        "status_updates": ["sms"],
    }


def test_the_audit_of_a_call_has_a_topic_and_a_time_and_nothing_that_was_typed() -> None:
    fields = {"said": "my name is Ana", "callback": "503-555-0177", "seconds": "42"}

    assert about("answered", fields | {"answer": "garbage_day"}) == "garbage_day 42 s"
    assert about("referred", fields | {"agency": "EXT-ODOT"}) == "EXT-ODOT 42 s"
    assert about("interpreter", fields | {"language": "vi"}) == "vi 42 s"
    assert about("answered", fields | {"answer": "Ana, 503-555-0177"}) == "42 s"
    assert about("answered", {"seconds": "²"}) == "0 s"


@pytest.mark.parametrize("words", ["when is my garbage picked up", "¿qué día pasa la basura?"])
def test_answers_are_found_in_each_language(words: str) -> None:
    search = AnswerSearch(load_catalogue().jurisdictions["portland.gov"].faq)

    assert [answer.code for answer in search.find(words)] == ["garbage_day"]
    assert search.find("a tree fell on my car") == []


def test_a_special_answer_stands_for_the_general_one() -> None:
    search = AnswerSearch(load_catalogue().jurisdictions["portland.gov"].faq)

    [answer] = search.find("what day is garbage collection on Christmas")

    assert answer.code == "garbage_holiday"


def test_a_city_without_answers_finds_none() -> None:
    assert AnswerSearch(None).find("when is my garbage picked up") == []


def test_events_are_sent_again_by_id_or_by_a_span_in_the_citys_time() -> None:
    assert chosen({"event": "e-1"}, PORTLAND) == {"event_ids": ["e-1"]}
    assert chosen({"from": "2026-07-01T08:00", "to": "soon"}, PORTLAND) == {
        "from": "2026-07-01T08:00:00-07:00",
        "to": "soon",
    }
