"""What the examples of the OpenAPI document have in common: ids, addresses, times."""

from typing import Final

BASE: Final = "https://longhaul.example.com/api"
JOB_ID: Final = "0b0e54c7-9d2c-4b7f-8c0e-3f6a1d2b4c5d"
JOB_URL: Final = f"{BASE}/v1/export/{JOB_ID}"
REQUEST_ID: Final = "5c9e0e4a-6a8e-4b0e-8f0c-0a4f8f1f2f7d"
TRACE_ID: Final = "d55a8839f9886ca9c274eaa7f6a5d0a0"
TICKET: Final = "lht_made-up-for-this-page-and-good-for-nothing"
SHARE_ID: Final = "5c1de0aa"

CREATED: Final = "2026-05-28T20:26:40.000Z"
UPDATED: Final = "2026-05-28T20:27:05.000Z"
EXPIRES: Final = "2026-06-04T20:26:40.000Z"
TOMORROW: Final = "2026-05-29T20:26:40.000Z"

LINK: Final = (
    f"https://archives.s3.eu-central-1.amazonaws.com/archives/{JOB_ID}.zip?response-content-type="
    "application%2Fzip&X-Amz-Expires=900&X-Amz-Signature=1dfd3171a6cc6c57"
)
WEBHOOK: Final = "https://hooks.example.com/longhaul"
