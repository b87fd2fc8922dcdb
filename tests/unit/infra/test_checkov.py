"""What is read of Checkov's report."""

import json

import pytest

from infra.checks.checkov import Verdict, read
from infra.errors import CheckError

FAILED = {"check_id": "CKV_AWS_18", "resource": "AWS::S3::Bucket.A", "check_name": "Ensure a log"}


def _report(*failed: dict[str, str], passed: int = 5, broken: int = 0) -> str:
    summary = {"passed": passed, "skipped": 2, "parsing_errors": broken, "failed": len(failed)}
    return json.dumps({"results": {"failed_checks": failed}, "summary": summary})


def test_a_check_that_failed_is_named_with_its_resource() -> None:
    assert read(_report(FAILED)) == Verdict(
        passed=5, skipped=2, failed=("CKV_AWS_18 AWS::S3::Bucket.A: Ensure a log",)
    )


@pytest.mark.parametrize("output", [_report(broken=1), _report(passed=0)])
def test_a_template_that_is_not_understood_does_not_pass(output: str) -> None:
    with pytest.raises(CheckError, match="does not understand"):
        read(output)


@pytest.mark.parametrize("output", ["", "Traceback", "[]", "{}"])
def test_a_tool_that_says_nothing_does_not_pass(output: str) -> None:
    with pytest.raises(CheckError, match="no room"):
        read(output, "no room")
