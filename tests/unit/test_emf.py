"""Metrics in the lines of the log: as CloudWatch's specification wants them."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger
from jsonschema import ValidationError

from chalicelib import emf, log
from chalicelib.log import JsonLines
from tests.unit import emf_schema

FACTS = {"status": "failed", "ended": 1, "secondsTotal": 2.5}
METRICS: dict[str, emf.Unit] = {"ended": "Count", "secondsTotal": "Seconds"}
DIMENSIONS = (("status",), ())


def test_a_line_makes_a_metric_of_each_of_its_numbers() -> None:
    line = FACTS | emf.block("Longhaul/stack", 1_780_000_000_000, FACTS, METRICS, DIMENSIONS)

    assert emf_schema.check(line) == {"ended": 1, "secondsTotal": 2.5}
    assert line["_aws"] == {
        "Timestamp": 1_780_000_000_000,
        "CloudWatchMetrics": [
            {
                "Namespace": "Longhaul/stack",
                "Dimensions": [["status"], []],
                "Metrics": [
                    {"Name": "ended", "Unit": "Count"},
                    {"Name": "secondsTotal", "Unit": "Seconds"},
                ],
            }
        ],
    }


def test_without_a_namespace_a_line_makes_no_metric() -> None:
    assert emf.block("", 1, FACTS, METRICS, DIMENSIONS) == {}


@pytest.mark.parametrize("value", [None, "1", True], ids=repr)
def test_a_fact_that_is_no_number_makes_no_metric(value: object) -> None:
    facts = {"ended": 1, "secondsTotal": value}

    assert emf_schema.check(facts | emf.block("a", 1, facts, METRICS, ((),))) == {"ended": 1}


def test_a_line_without_any_number_makes_no_metric() -> None:
    assert emf.block("a", 1, dict.fromkeys(METRICS), METRICS, ((),)) == {}


def test_powertools_writes_the_metrics_at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    logger = Logger(service=str(uuid4()), stream=stream, location=None)
    monkeypatch.setattr(log, "logger", lambda: logger)

    JsonLines().warning("job ended", **FACTS, **emf.block("a", 1, FACTS, METRICS, DIMENSIONS))

    assert emf_schema.check(json.loads(stream.getvalue())) == {"ended": 1, "secondsTotal": 2.5}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"Namespace": ""},
        {"Dimensions": []},
        {"Dimensions": [["a"] * 31]},
        {"Metrics": []},
        {"Metrics": [{"Unit": "Count"}]},
        {"Metrics": [{"Name": "a", "Unit": "Jobs"}]},
        {"More": 1},
    ],
    ids=repr,
)
def test_the_rules_refuse_what_cloudwatch_would(wrong: dict[str, object]) -> None:
    right = {"Namespace": "n", "Dimensions": [[]], "Metrics": [{"Name": "a"}]}
    directive = right | wrong if wrong else {}

    with pytest.raises(ValidationError):
        emf_schema.check({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "a": 1})
