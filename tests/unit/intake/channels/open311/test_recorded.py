"""Answers recorded from other cities' servers are read by the same models as ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from services.intake.channels.open311.schema import (
    Discovery,
    ErrorEntry,
    Open311Model,
    Open311Service,
    RequestAccepted,
    ServiceDefinition,
    ServiceRequest,
)
from tests.support.open311_xml import plain
from tests.support.paths import DATA

RECORDED = DATA / "open311_recorded"
FILES: dict[str, tuple[type[Open311Model], int]] = {
    "bloomington_requests.json": (ServiceRequest, 21),
    "bloomington_services.json": (Open311Service, 46),
    "chicago_open311_requests_2014_extended.json": (ServiceRequest, 50),
    "chicago_requests_2012-12.json": (ServiceRequest, 50),
    "sf_requests_2011_dashboard_500.json": (ServiceRequest, 500),
    "discovery-boston.json": (Discovery, 1),
    "discovery-dc.xml": (Discovery, 1),
    "dc-services-S0301.xml": (ServiceDefinition, 1),
    "dc-services.xml": (Open311Service, 86),
    "san_francisco_requests.xml": (ServiceRequest, 56),
    "san_francisco_services.xml": (Open311Service, 38),
    "open311status_requests_many.xml": (ServiceRequest, 2),
    "open311status_requests_single.xml": (ServiceRequest, 1),
    "open311status_services_giessen.xml": (Open311Service, 8),
    "service-request.xml": (ServiceRequest, 1),
    "service-requests.xml": (ServiceRequest, 2),
    "sf2010_get_service_request.xml": (ServiceRequest, 1),
    "sf2010_service_requests.xml": (ServiceRequest, 2),
    "sf2010_service_requests_empty.xml": (ServiceRequest, 0),
    "sf2010_services.xml": (Open311Service, 36),
    "sf2010_post_service_request.xml": (RequestAccepted, 1),
    "sf2010_request_id_from_token.xml": (RequestAccepted, 1),
    "token.xml": (RequestAccepted, 1),
    "boston-submitrequest-token.xml": (RequestAccepted, 1),
    "boston-err-submitrequest-base_is_duplicate.xml": (ErrorEntry, 1),
    "sf2010_get_service_request_not_found.xml": (ErrorEntry, 1),
}


def entries(file: Path) -> list[Any]:
    """Return the entries of a recorded document."""
    if file.suffix == ".json":
        content = json.loads(file.read_text())
    else:
        content = plain(etree.fromstring(file.read_bytes()))
    return content if isinstance(content, list) else [content] if content else []


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not here")
@pytest.mark.parametrize("name", FILES)
def test_a_recorded_answer_is_read(name: str) -> None:
    model, count = FILES[name]
    read = [model(**entry) for entry in entries(RECORDED / name)]

    assert len(read) == count
