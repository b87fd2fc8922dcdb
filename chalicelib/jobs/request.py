"""What was asked for, as it is kept beside the job. Pure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from chalicelib.jobs.model import OnMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """A valid request: exactly one of `file_ids`, `keys`, `prefix` is set, the lists without
    repeats.

    `keys` and `prefix` are full keys of the source bucket. `filename` is None where the caller gave
    none.
    """

    file_ids: tuple[int, ...] | None = None
    keys: tuple[str, ...] | None = None
    prefix: str | None = None
    filename: str | None = None
    on_missing: OnMissing = "skip"
    user_id: str = "anonymous"
    fresh: bool = False

    @property
    def total_files(self) -> int:
        """How many files were asked for; 0 for a prefix, which is listed later."""
        return len(self.file_ids or self.keys or ())

    def to_json(self) -> bytes:
        """Returns the request as JSON; the same bytes for the same request."""
        asked = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        asked: dict[str, Any] = json.loads(body)
        for name in ("file_ids", "keys"):
            if name in asked:
                asked[name] = tuple(asked[name])
        return cls(**asked)

    @property
    def digest(self) -> str:
        """Names the content: two requests with one digest ask for the same."""
        return hashlib.sha256(self.to_json()).hexdigest()[:16]
