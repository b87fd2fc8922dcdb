"""What was asked for: a request, as it is stored beside the job. Pure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from chalicelib.jobs.model import OnMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """A valid request. Exactly one of `file_ids`, `keys` and `prefix` is set. The lists have no
    repeats.

    `keys` and `prefix` are full keys of the source bucket. `filename` is None if the caller sent
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
        """How many files were asked for. It is 0 for a prefix, which is listed later."""
        return len(self.file_ids or self.keys or ())

    def to_json(self) -> bytes:
        """Returns the request as JSON; the same bytes for the same request."""
        asked = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Returns the request that `to_json` has turned into JSON."""
        asked: dict[str, Any] = json.loads(body)
        for name in ("file_ids", "keys"):
            if name in asked:
                asked[name] = tuple(asked[name])
        return cls(**asked)

    @property
    def digest(self) -> str:
        """A digest of the content: two requests with the same digest ask for the same."""
        return hashlib.sha256(self.to_json()).hexdigest()[:16]
