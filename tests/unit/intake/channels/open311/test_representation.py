"""One form of a document, two formats."""

import json
from dataclasses import replace
from typing import get_args

import pytest
from lxml import etree

from services.intake.channels.open311.request_views import definition, discovery, service_list
from services.intake.channels.open311.responses import (
    Format,
    Open311Document,
    Open311Error,
    encode_document,
)
from services.intake.channels.open311.schema import RequestAccepted, ServiceDefinition
from shared.catalogue.service_type import Datatype
from tests.support.intake.open311_requests import CITIES, CITY
from tests.support.open311_xml import plain


def accepted(**fields: str | None) -> Open311Document:
    return Open311Document("service_requests", [RequestAccepted.model_validate(fields)])


def test_a_list_of_one_is_an_array_and_nothing_is_wrapped_around_it() -> None:
    content = json.loads(encode_document(accepted(service_request_id="26-1"), "json"))

    assert content == [{"service_request_id": "26-1"}]


def test_what_is_missing_is_null_in_json_and_an_empty_element_in_xml() -> None:
    document = accepted(service_request_id="26-1", account_id=None)

    assert json.loads(encode_document(document, "json"))[0]["account_id"] is None
    assert b"<account_id />" in encode_document(document, "xml")
    assert b"token" not in encode_document(document, "xml")  # never both


def test_xml_begins_with_its_declaration_and_has_no_namespace() -> None:
    body = encode_document(accepted(service_request_id="26-1"), "xml")

    assert body.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<service_requests><request>')
    assert not etree.fromstring(body).nsmap


@pytest.mark.parametrize("output", ["xml", "json"])
def test_any_text_is_carried_and_is_inert(output: str) -> None:
    text = "<script>&amp;\"'</script>\n ]]> é 日本 🕳 \ufffd"
    body = encode_document(accepted(service_notice=text), output)  # type: ignore[arg-type]

    carried = (
        json.loads(body)[0]["service_notice"]
        if output == "json"
        else etree.fromstring(body).findtext("request/service_notice")
    )
    assert carried == text


def test_what_xml_cannot_hold_is_left_out() -> None:
    body = encode_document(accepted(service_notice="a\x00\x0b\ufffe\ud800b"), "xml")

    assert etree.fromstring(body).findtext("request/service_notice") == "ab"


def test_each_document_names_its_parts_as_the_specification_does() -> None:
    error = Open311Error(403, ["No.", "Never."])
    documents = {
        "services/service/service_code": Open311Document("services", service_list(CITY)),
        "service_definition/attributes/attribute/values/value/key": Open311Document(
            "service_definition", definition(CITY.services["ROW-POTHOLE"])
        ),
        "discovery/endpoints/endpoint/formats/format": Open311Document(
            "discovery", discovery(CITIES.values(), "https://x", "2026-11-27T00:00:00Z")
        ),
        "errors/error/description": error.document(),
    }

    for path, document in documents.items():
        root, _, below = path.partition("/")
        tree = etree.fromstring(encode_document(document, "xml"))
        assert tree.tag == root
        assert tree.findtext(below), path


def test_errors_are_an_array_of_codes_and_descriptions() -> None:
    document = Open311Error(403, ["No.", "Never."]).document()

    assert json.loads(encode_document(document, "json")) == [
        {"code": 403, "description": "No."},
        {"code": 403, "description": "Never."},
    ]


@pytest.mark.parametrize("output", ["json", "xml"])
def test_all_six_datatypes_are_defined(output: Format) -> None:
    pothole, types = CITY.services["ROW-POTHOLE"], get_args(Datatype)
    size = next(one for one in pothole.attributes if one.code == "size")
    questions = tuple(replace(size, code=name, datatype=name) for name in types)
    content = definition(replace(pothole, attributes=questions))
    document = Open311Document("service_definition", content)

    encoded = encode_document(document, output)
    told = json.loads(encoded) if output == "json" else plain(etree.fromstring(encoded))

    read = ServiceDefinition(**told)
    assert [one.datatype for one in read.attributes] == list(types)
    assert len(types) == 6
    assert {one.code for one in read.attributes if one.values} == {
        *("singlevaluelist", "multivaluelist")
    }
    assert [one.order for one in read.attributes] == [1, 2, 3, 4, 5, 6]
