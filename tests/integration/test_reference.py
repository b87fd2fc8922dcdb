"""The reference page, through API Gateway. The source tree has no Swagger UI: a package has."""

import subprocess
import sys

import pytest

from infra.paths import REPOSITORY
from tests.integration.gateway import PROBLEM, call
from tests.integration.stack import Stack

SELDOM = (
    "chalicelib.http.reference",
    "chalicelib.http.examples",
    "chalicelib.http.operations",
    "chalicelib.http.openapi",
)
"""Modules for the reference page and its document."""


@pytest.mark.parametrize("path", ["/docs", "/docs/0123456789ab/reference.js"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_its_files_it_is_a_problem_document(stack: Stack, method: str, path: str) -> None:
    answer = call(method, path)

    assert (answer.status, answer.headers["Content-Type"]) == (404, PROBLEM)
    if method == "GET":
        assert "/openapi.json" in answer.body["detail"]


def test_nothing_of_it_is_imported_before_somebody_asks_for_it() -> None:
    script = "import app, sys; print(*sys.modules, sep='\\n')"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    imported = done.stdout.splitlines()
    assert "chalicelib.http.guard" in imported
    assert not [name for name in imported if name.startswith(SELDOM)]
