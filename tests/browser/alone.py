"""The page without a stack: its files come from this repository, and the test answers for the API."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, Route

from chalicelib.http import page as site
from chalicelib.http.calls import Call, Reply
from chalicelib.settings import settings
from tests.unit.samples import REQUIRED

URL: Final = "https://longhaul.test"
SOURCE: Final = "documents"
CHANGED: Final = "2026-11-25T12:00:00.000Z"


def serve(page: Page) -> None:
    """Has the browser load the page from this repository, with its security policy."""
    first = _reply()

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/assets/"):
            _, _, version, name = path.split("/")
            reply = site.asset(Call({}, {}, {}, b""), version, name)
        elif path == "/":
            reply = first
        else:
            route.fulfill(status=404, json={"title": "Nobody answers here"})
            return
        route.fulfill(status=reply.status, headers=reply.headers, body=reply.text)

    page.route(f"{URL}/**", answer)


def _reply() -> Reply:
    context = {"resourcePath": "/", "path": "/", "domainName": "longhaul.test"}
    with mock.patch.dict(os.environ, REQUIRED):
        settings.cache_clear()
        reply = site.page(Call(context, {}, {}, b""))
    settings.cache_clear()
    return reply


@dataclass
class Bucket:
    """A source with these files, sizes by key. It answers GET /v1/files and POST /v1/download/check.

    `own` are names in the files' metadata, by key. `unreadable` says why a file cannot be exported.
    `most` is the most that one page holds. `asked` are the queries so far.
    """

    files: Mapping[str, int]
    own: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    most: int = 5000
    asked: list[dict[str, str]] = field(default_factory=list)
    checked: list[list[str]] = field(default_factory=list)
    _bodies: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def answer_for(self, page: Page) -> None:
        page.route(f"{URL}/v1/files*", self.list)
        page.route(f"{URL}/v1/download/check", self.check)

    def list(self, route: Route) -> None:
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        self.asked.append(query)
        first = int(query.get("cursor", 0))
        limit = min(int(query.get("limit", 100)), self.most)
        body = self.body(query.get("prefix", ""), first, limit)
        route.fulfill(body=body, content_type="application/json")

    def body(self, prefix: str, first: int, limit: int) -> str:
        """Returns a page of a folder. It is made once."""
        found = self._bodies.get((prefix, first, limit))
        if found is None:
            found = self._bodies[prefix, first, limit] = json.dumps(
                self._page(prefix, first, limit)
            )
        return found

    def _page(self, prefix: str, first: int, limit: int) -> dict[str, Any]:
        rows: dict[str, dict[str, Any]] = {}
        for key, size in self.files.items():
            if key.startswith(prefix):
                name, slash, _ = key[len(prefix) :].partition("/")
                rows[name + slash] = (
                    {"name": name, "prefix": f"{prefix}{name}/"}
                    if slash
                    else self._file(name, key, size)
                )
        wanted = [rows[name] for name in sorted(rows)[first : first + limit]]
        return {
            "source": SOURCE,
            "sources": [SOURCE],
            "prefix": prefix,
            "topPrefix": "",
            "folders": [row for row in wanted if "prefix" in row],
            "files": [row for row in wanted if "key" in row],
            "cursor": str(first + limit) if first + limit < len(rows) else None,
        }

    def _file(self, name: str, key: str, size: int) -> dict[str, Any]:
        why = self.unreadable.get(key)
        reason = {"reason": "archived", "detail": why} if why else None
        found = {"name": name, "key": key, "size": size, "lastModified": CHANGED}
        return {**found, "unreadable": reason}

    def check(self, route: Route) -> None:
        keys = route.request.post_data_json["keys"]
        self.checked.append(keys)
        files = [
            {
                "file": key,
                "available": key in self.files,
                "s3Key": key,
                "size": self.files.get(key),
                "name": self.own.get(key),
                "reason": None if key in self.files else "missing",
                "detail": None if key in self.files else "does not exist",
            }
            for key in keys
        ]
        route.fulfill(json={"files": files})
