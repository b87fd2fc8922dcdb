"""The page without a stack: its files come from this repository, and a test answers for the API."""

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
    """A source with these files, sizes by key. It answers GET /v1/files and the check of files.

    `own` are names in the files' metadata, by key. `unreadable` says why a file cannot be exported.
    `asked` are the queries of lists so far, `checked` the keys.
    """

    files: Mapping[str, int]
    own: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    checked: list[list[str]] = field(default_factory=list)
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def answer_for(self, page: Page) -> None:
        page.route(f"{URL}/v1/files*", self.answer_list)
        page.route(f"{URL}/v1/download/check", self.answer_check)

    def answer_list(self, route: Route) -> None:
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        self.asked.append(query)
        prefix, first = query.get("prefix", ""), int(query.get("cursor", 0))
        end = first + int(query.get("limit", 100))
        rows = self.rows_in(prefix)
        content = {
            "source": SOURCE,
            "sources": [SOURCE],
            "prefix": prefix,
            "topPrefix": "",
            "folders": [row for row in rows[first:end] if "prefix" in row],
            "files": [row for row in rows[first:end] if "key" in row],
            "cursor": str(end) if end < len(rows) else None,
        }
        route.fulfill(json=content)

    def put(self, files: Mapping[str, int]) -> None:
        """Has these files from now on, in place of those before."""
        self.files = files
        self._rows.clear()

    def keys_checked(self) -> list[str]:
        return [key for keys in self.checked for key in keys]

    def rows_in(self, prefix: str) -> list[dict[str, Any]]:
        """Returns the folders and files in a folder, in S3's order."""
        if prefix not in self._rows:
            found: dict[str, dict[str, Any]] = {}
            for key, size in self.files.items():
                if key.startswith(prefix):
                    name, slash, _ = key[len(prefix) :].partition("/")
                    folder = {"name": name, "prefix": f"{prefix}{name}/"}
                    found[name + slash] = folder if slash else self._file(name, key, size)
            self._rows[prefix] = [found[name] for name in sorted(found, key=str.encode)]
        return self._rows[prefix]

    def _file(self, name: str, key: str, size: int) -> dict[str, Any]:
        why = self.unreadable.get(key)
        reason = {"reason": "archived", "detail": why} if why else None
        # The smaller, the newer.
        changed = f"{2025 - size % 25}-11-25T12:00:00.000Z"
        found = {"name": name, "key": key, "size": size, "lastModified": changed}
        return {**found, "unreadable": reason}

    def answer_check(self, route: Route) -> None:
        keys = json.loads(route.request.post_data or "")["keys"]
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
