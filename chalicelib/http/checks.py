"""POST /v1/download/check: whether files can be exported, and what they are called."""

from collections.abc import Sequence
from typing import Final

from chalicelib.archive.safe_names import safe_name
from chalicelib.batches import batched
from chalicelib.errors import AccessDenied, Reason, Unavailable
from chalicelib.http import bounds, parse
from chalicelib.http.answers import Answer
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.files import why
from chalicelib.jobs.request import FileId
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import ObjectFacts
from chalicelib.services import Services
from chalicelib.settings import NameRule
from chalicelib.sources.ids import key_of
from chalicelib.sources.looking import LOOKUPS_AT_ONCE, Looks, Seen, Unreadable
from chalicelib.sources.own_names import encoded_name, own_name

LONGEST_MS: Final = 5_000
"""After this time no further files are looked up. API Gateway waits for 29 seconds, and the last
look may take most of them if S3 does not answer."""


def check(call: Call, services: Services) -> Reply:
    """POST /v1/download/check: whether files are there and can be read, as far as an export finds
    out before it reads files. Raises Forbidden, Unavailable, and what `parse.check_request`
    raises."""
    asked = parse.check_request(call.body, call.headers.get("content-type"), services.settings)
    source, bucket = services.settings.source(asked.source), services.source(asked.source)
    keys = [str(one) if asked.by == "keys" else key_of(one, source) for one in asked.files]
    for index, (one, key) in enumerate(zip(asked.files, keys, strict=True)):
        pointer = asked.sent_as if asked.by == "file_id" else f"{asked.sent_as}/{index}"
        bounds.check_key(call.caller, pointer, key, one)
    seen = _seen(services, bucket, keys)
    if not any(seen.values()):
        # Fails if the bucket is gone, where a HEAD does not. `check` would name the bucket.
        bucket.list_folder(source.prefix, 1)
    rules = services.settings.names_from
    told = zip(asked.files, keys, strict=True)
    answers = [_answer(one, key, seen[key], rules) for one, key in told]
    if asked.by != "file_id":
        return Reply(200, {"files": answers}, uncached())
    (only,) = answers
    # It was spelled so at first.
    spelled = {"fileId": only["file"], "file_id": only.pop("file")}
    return Reply(200, {**spelled, **only}, uncached())


def _seen(services: Services, bucket: Bucket, keys: Sequence[str]) -> dict[str, Seen]:
    """Returns what is known of each file, by its key. Raises Unavailable; also if S3 takes too
    long."""
    looks = Looks(services, bucket, lambda: None, thorough=True)
    until = services.now() + LONGEST_MS
    seen: dict[str, Seen] = {}
    try:
        for batch in batched(keys, LOOKUPS_AT_ONCE):
            if seen and services.now() >= until:
                raise Unavailable("S3 is slow; check fewer files at a time")
            found = looks.at((key, None) for key in batch)
            seen |= {key: one for (key, _), one in found.items()}
    except AccessDenied:
        return dict.fromkeys(keys, Unreadable(Reason.DENIED, "S3 denies it"))
    return seen


def _answer(one: FileId, key: str, seen: Seen, rules: tuple[NameRule, ...]) -> Answer:
    facts = seen.facts if isinstance(seen, Unreadable) else seen
    return {
        "file": one,
        "available": isinstance(seen, ObjectFacts),
        "s3Key": key if seen else None,
        "size": facts.size if facts else None,
        "name": _name(facts, rules) if facts else None,
        **(why(seen) or {"reason": None, "detail": None}),
    }


def _name(facts: ObjectFacts, rules: tuple[NameRule, ...]) -> str:
    """Returns the name of a file in an archive, if no other file there has the same."""
    name = own_name(facts, rules)
    return safe_name(encoded_name(name, facts.encoding) if facts.encoding else name)
