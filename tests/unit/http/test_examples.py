"""The requests that the documentation shows are taken."""

import json
import re

import pytest

from chalicelib.http import parse, schemas
from infra.paths import REPOSITORY
from tests.unit.samples import some_settings

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
EXAMPLES = [
    body
    for page in ("docs/start/first-export.md", "docs/configuration.md")
    for body in re.findall(r"-d '(\{.*?\})'", (REPOSITORY / page).read_text(), re.DOTALL)
    if re.search(r'"(fileIds|keys|prefix|files)"', body)
]


def test_the_documentation_shows_each_kind_of_request() -> None:
    assert {name for body in EXAMPLES for name in json.loads(body)} >= {
        "fileIds",
        "files",
        "prefix",
    }


@pytest.mark.parametrize("body", EXAMPLES)
def test_a_request_of_the_documentation_is_taken(body: str) -> None:
    settings = some_settings(FILE_ID_PATTERN=f"{UUID}|[0-9]+")

    assert parse.export_request(body.encode(), "application/json", settings).user_id == "anonymous"


@pytest.mark.parametrize("pattern", ["", UUID])
def test_the_examples_of_the_openapi_document_are_taken(pattern: str) -> None:
    settings = some_settings(FILE_ID_PATTERN=pattern)
    shown = schemas.requests(schemas.file_id(pattern), ["default"])["export"]["examples"]

    for example in shown:
        assert parse.export_request(json.dumps(example).encode(), None, settings).total_files >= 0
