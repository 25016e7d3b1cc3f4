"""Feeds of problems: whatever people write, they can be read."""

import json
from typing import Any

from lxml import etree

from services.intake.channels.listing.views import public_fields
from services.intake.channels.pages.problem_feeds import atom, geojson
from tests.support.intake.open311_requests import CITY, listed

PAGE = "https://311.example.org/problems"


def fields(**changes: Any) -> dict[str, Any]:
    return public_fields(listed(**changes), CITY, "https://311.example.org")


def test_a_feed_holds_what_xml_cannot() -> None:
    feed = etree.fromstring(atom([fields(description="A\x00 \ufffe& <b>hole")], PAGE, "", "City"))

    assert "A & <b>hole" in str(feed.xpath("string()"))


def test_an_empty_feed_is_a_feed() -> None:
    feed = etree.fromstring(atom([], PAGE, "district=N", "City"))

    assert feed.findtext("{http://www.w3.org/2005/Atom}id") == f"{PAGE}.atom?district=N"


def test_held_words_are_in_neither() -> None:
    held = fields(description="A private matter", text_status="held")

    assert b"private" not in atom([held], PAGE, "", "City") + geojson([held])


def test_a_problem_without_a_point_has_no_geometry() -> None:
    [feature] = json.loads(geojson([fields(latitude=None, longitude=None)]))["features"]

    assert feature["geometry"] is None
    assert b"point" not in atom([fields(latitude=None, longitude=None)], PAGE, "", "City")
