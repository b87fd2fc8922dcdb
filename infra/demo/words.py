"""What the demo says at its end: what was made, and what to try next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.archive import layout
from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry
from infra.demo.library import PREFIX

_USUAL_TARGET = "ministack"  # the Makefile's own default


@dataclass(frozen=True)
class Hint:
    """A shell line to paste, and what it does."""

    about: str
    line: str


def hints(api_url: str, job_id: str, target_name: str) -> tuple[Hint, ...]:
    """Returns lines that work as they are, with this stack and this job."""
    exports = f"{api_url}/v1/export"
    body = f'{{"prefix": "{PREFIX}"}}'
    on_target = "" if target_name == _USUAL_TARGET else f" TARGET={target_name}"
    json_type = "-H 'Content-Type: application/json'"
    return (
        Hint("Look at the job", f"curl -s {exports}/{job_id}"),
        Hint("Download it yourself", f"curl -L -OJ '{exports}/{job_id}/download?redirect=true'"),
        Hint("Export a folder of the bucket", f"curl -s {exports} {json_type} -d '{body}'"),
        Hint("List the jobs", f"curl -s {exports}"),
        Hint("Read the mail that came", f"make mail{on_target}"),
        Hint("Ask if all is well", f"curl -s {api_url}/health"),
        Hint("Follow what the functions log", f"make logs{on_target}"),
        Hint("Stop it all, and drop its data", f"make down{on_target}"),
    )


def copied_bytes(manifest: Mapping[str, Any], size: int) -> int | None:
    """Returns how many bytes of an archive of `size` bytes S3 copied by itself. None if unknown.

    The manifest has all that the layout depends on. So the archive is laid out again here. If its
    size is the same, so is its layout.
    """
    entries = [
        Entry(file["name"], file["key"], "", file["size"], int(file["crc32"], 16), 0)
        for file in manifest["files"]
    ]
    plan = layout.lay_out(entries, Head(manifest["jobId"], 0, manifest["missing"]))
    if plan.size != size:
        return None
    return sum(part.length for part in plan.parts if part.copied is not None)


def listed(items: Sequence[object]) -> str:
    """Returns `a, b and c`."""
    if not items:
        return "none"
    *first, last = map(str, items)
    return f"{', '.join(first)} and {last}" if first else last


def shown(path: Path) -> str:
    """Returns the path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
