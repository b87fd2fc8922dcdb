"""How fields are spelled: camelCase in requests and answers. Inside, and in what is stored, they
are snake_case, which requests may say too: so they were spelled once. Pure."""

from typing import Final

CAMEL: Final = {
    "file_id": "fileId",
    "file_ids": "fileIds",
    "on_missing": "onMissing",
    "on_unreadable": "onUnreadable",
    "user_id": "userId",
    "expires_in": "expiresIn",
}
"""The spelling outside, by the one inside, of each field that has two words."""
