"""Webhooks as a stack sends them."""

import json
from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer

from tests.unit.longhaul.stub import JOB_ID

ID = "3a0e3c0a-1111-5222-8333-444455556666"
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
OTHER_KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs="


def body(status: str = "completed", **data: object) -> bytes:
    """The body of a webhook about the end of a job of four files."""
    is_whole = status == "completed"
    told = {
        "version": "1",
        "id": "0f0e3c0a-1111-5222-8333-444455556666",
        "jobId": JOB_ID,
        "userId": "ann",
        "status": status,
        "time": "2026-01-01T00:00:01.000Z",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "retryOf": None,
        "deleted": False,
        "reason": "source-unreadable" if status == "failed" else None,
        "files": 4 if is_whole else 0,
        "filesSkipped": 0,
        "bytes": 192_000_000 if is_whole else 0,
        "reused": False,
        "expiresAt": "2026-01-08T00:00:00.000Z" if is_whole else None,
        **data,
    }
    content = {"type": f"export.{status}", "timestamp": "2026-01-01T00:00:01.000Z", "data": told}
    return json.dumps(content).encode()


def signed(content: bytes, *keys: str, at: datetime | None = None) -> dict[str, str]:
    """The headers of a webhook with this body: a signature by each key."""
    at = at or datetime.now(UTC)
    signatures = [Signer(key).sign(ID, at, content.decode()) for key in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": ID,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
