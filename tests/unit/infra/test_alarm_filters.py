"""Which log lines the alarms' filters count, and that the code writes lines of these names.

No emulator knows the patterns of JSON lines. What is read here is the part of the grammar that they
use: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from fnmatch import fnmatchcase

import pytest

from infra.alerts import queries
from infra.alerts.listed import ALERTS
from infra.paths import REPOSITORY

_COMPARISON = re.compile(r'\$\.(\w+) (=|!=) "([^"]*)"')

Line = dict[str, str]

_LINES: dict[str, tuple[list[Line], list[Line]]] = {
    "stepsDone": (
        [{"message": "step done", "step": "plan"}, {"message": "step done", "step": "assemble"}],
        [
            {"message": "step done", "step": "discard"},
            {"message": "step skipped", "step": "plan"},
        ],
    ),
    "stepsThrottled": (
        [
            {"message": "step retried", "code": "SlowDown"},
            {"message": "step retried", "code": "ThrottlingException"},
            {"message": "step retried", "code": "KMSThrottlingException"},
            {"message": "step retried", "code": "ProvisionedThroughputExceededException"},
            {"message": "step retried", "code": "503"},
        ],
        [
            {"message": "step retried", "code": "InternalError"},
            {"message": "step retried", "why": "unavailable"},
            {"message": "step failed", "code": "SlowDown"},
        ],
    ),
    "gatewayThrottled": (
        [{"status": "429", "error": "THROTTLED"}],
        [{"status": "429", "error": "-"}, {"status": "429", "error": "QUOTA_EXCEEDED"}],
    ),
    "keysNotRead": (
        [{"level": "ERROR", "message": "keys not read"}],
        [{"level": "ERROR", "message": "notice broke"}],
    ),
    "telemetryDropped": (
        [{"level": "ERROR", "message": "telemetry dropped"}],
        [{"level": "WARNING", "message": "telemetry refused"}],
    ),
}
"""For each metric of a filter: lines that count, and lines that do not."""

_FILTERS = {one.metric: one for alert in ALERTS for one in alert.alarm.filters}


def _counts(pattern: str, line: Line) -> bool:
    """Whether CloudWatch counts the line. A field that is not there is equal to nothing."""

    def compared(found: re.Match[str]) -> str:
        name, operator, value = found.groups()
        is_equal = name in line and fnmatchcase(line[name], value)
        return str(is_equal is (operator == "="))

    assert pattern.startswith("{ ")
    assert pattern.endswith(" }")
    return _holds(_COMPARISON.sub(compared, pattern[2:-2]))


def _holds(expression: str) -> bool:
    """Whether an expression of True, False, &&, || and parentheses is true."""
    while "(" in expression:
        expression = re.sub(
            r"\(([^()]*)\)", lambda inner: str(_holds(inner[1])), expression, count=1
        )
    parts = [part.split("&&") for part in expression.split("||")]
    terms = {term.strip() for part in parts for term in part}
    assert terms <= {"True", "False"}, expression
    return any(all(term.strip() == "True" for term in part) for part in parts)


@pytest.mark.parametrize("metric", sorted(_FILTERS))
def test_a_filter_counts_its_lines_and_no_others(metric: str) -> None:
    counted, others = _LINES[metric]
    pattern = _FILTERS[metric].pattern

    assert [line for line in counted if not _counts(pattern, line)] == []
    assert [line for line in others if _counts(pattern, line)] == []


def test_the_code_writes_each_line_that_is_looked_for() -> None:
    code = "".join(path.read_text() for path in (REPOSITORY / "chalicelib").rglob("*.py"))
    looked_for = [one.pattern for one in _FILTERS.values()] + [q.text for q in queries.QUERIES]
    messages = {name for text in looked_for for name in re.findall(r'message = "([^"]+)"', text)}

    assert len(messages) > 5
    assert {name for name in messages if f'"{name}"' not in code} == set()
