"""A value that cannot be meant is an error that names it."""

from typing import Any

import pytest
from helm_python.errors import HelmError

from tests.chart.charts import SIZES, render, validate


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"proxy": {"upstreams": {"ROUTE311_PAGES": "page"}}}, "no process page"),
        ({"mail": {"enabled": True, "process": "post"}}, "no process post"),
        ({"processes": {"web": {"service": "intak"}}}, "no process intak"),
        ({"processes": {"triage": {"egress": ["kafak"]}}}, "no kafak"),
        ({"operatorsHost": "311.example.org"}, "operatorsHost"),
        ({"proxy": {"operators": {"sourceRanges": ["10.0.0.0/8"]}}}, "of every pod"),
    ],
)
def test_a_name_that_is_not_there_is_an_error_that_says_so(values: Any, word: str) -> None:
    with pytest.raises(HelmError, match=word):
        render("small", values)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"procesess": {}}, "procesess"),
        ({"processes": {"triage": {"replicas": {"min": 0}}}}, "processes/triage/replicas/min"),
        ({"processes": {"triage": {"settings": {"log_level": "INFO"}}}}, "log_level"),
        ({"image": {"tag": "latest"}}, "image/tag"),
        ({"proxy": {"image": "caddy:latest"}}, "proxy/image"),
        ({"kafka": {"operators": ["ana"]}}, "kafka/operators"),
        ({"proxy": {"operators": {"sourceRanges": ["10.0.0.0"]}}}, "sourceRanges"),
        ({"proxy": {"operators": {"sourceRanges": []}}}, "operators/sourceRanges"),
        ({"terminationGracePeriodSeconds": 10}, "terminationGracePeriodSeconds"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(values: Any, word: str) -> None:
    with pytest.raises(HelmError, match=word):
        validate("city", values)


@pytest.mark.parametrize("size", SIZES)
def test_the_values_of_a_size_are_sound(size: str) -> None:
    validate(size)
