"""What differs between a bureau's own system and ours."""

import pytest

from services.dispatch.channels.forwarding.rules.forwards import (
    ExportError,
    differences,
    read_export,
)


def test_each_way_to_differ_is_told_once_and_agreement_is_not() -> None:
    here = {
        "a": "issued",
        "b": "completed",
        "c": "acknowledged",
        "d": "declined",
        "e": "in_progress",
        "f": "withdrawn",
        "g": "transferred",
    }
    there = {"a": "open", "b": "closed", "c": "closed", "d": "open", "f": "in_progress"}
    there["x"] = "open"

    assert differences(here, there) == [
        ("c", "closed_there", "acknowledged", "closed"),
        ("d", "closed_here", "declined", "open"),
        ("f", "closed_here", "withdrawn", "in_progress"),
        ("e", "missing_there", "in_progress", None),
        ("x", "unknown_here", None, "open"),
    ]


def test_an_export_is_read_with_other_columns_any_case_and_a_mark_of_its_encoding() -> None:
    text = '\ufeffWork_Order_ID ,No, Status\r\n"AB-1",1,In Progress\r\nab-2,2,CLOSED\r\n,,open\r\n'

    assert read_export(text) == {"ab-1": "in_progress", "ab-2": "closed"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: there is no column work_order_id and no column status"),
        ("work_order_id\n1\n", "line 1: there is no column status"),
        ("work_order_id,status\n1,open\n2,lost\n", "line 3: the status must be one of"),
        ("work_order_id,status\n1\n", "line 2: the status must be one of"),
        ('work_order_id,status\n1,"open\n', "not a CSV file"),
    ],
)
def test_an_export_that_cannot_be_read_is_told_by_its_line(text: str, told: str) -> None:
    with pytest.raises(ExportError, match=told):
        read_export(text)
