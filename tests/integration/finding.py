"""Puts source files, and finds them as the planner does."""

from typing import Any

from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.s3 import clients
from chalicelib.sources.find import Found, find
from tests.integration.cloud import SOURCES
from tests.integration.stack import Stack


def found(stack: Stack, *files: Wanted, thorough: bool = False, **asked: Any) -> Found:
    request = ExportRequest(files=files or None, **asked)
    return find(request, stack.services, lambda: None, thorough=thorough)


def names(of: Found) -> dict[str, str]:
    """Returns the keys by their names in the archive."""
    return {entry.name: entry.key for entry in of.entries}


def put(key: str, body: bytes = b"x", **more: Any) -> str:
    """Puts a file. Returns its version id, which is empty without versions."""
    return str(clients.s3().put_object(Bucket=SOURCES, Key=key, Body=body, **more).get("VersionId"))
