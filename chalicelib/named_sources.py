"""The sources of a stack: buckets that hold source files, each with a name that a request can say.
Pure."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DEFAULT_NAME: Final = "default"
"""The name of the only source of a stack without SOURCES."""

NAME_MAX: Final = 32
"""Characters of a source's name."""

SOURCES_MAX: Final = 20
"""More fit neither into a function's environment (4 KB) nor into a role's policy (10,240
characters).
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

PREFIX_RULE: Final = "must be empty or end with '/' and not begin with it"
TEMPLATE_RULE: Final = "must hold {file_id} and no other field"

_SHOWN: Final = 100
"""Characters of a bad value that a message shows."""

_NAME: Final = re.compile(rf"[a-z0-9-]{{1,{NAME_MAX}}}")
# The prefix amzn-s3-demo- is not refused: it was reserved late, and older buckets have it.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET: Final = re.compile(
    r"(?!.*\.\.)(?!xn--|sthree-)(?![0-9]+(\.[0-9]+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
# S3 takes an alias for a bucket's name, but a policy cannot name it: the functions would be denied.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
_NO_BUCKETS: Final = {
    "-s3alias": "the alias of an access point; name its bucket",
    "--ol-s3": "the alias of an Object Lambda access point; name its bucket",
    ".mrap": "the alias of a Multi-Region Access Point; name one of its buckets",
    "--x-s3": "a directory bucket, of which no export can be made",
    "--table-s3": "a table bucket, of which no export can be made",
}
"""What else a name stands for that ends with this."""
_REGION: Final = re.compile(r"[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}")
_OWNER: Final = re.compile(r"[0-9]{12}")
# An alias is no resource that a policy can name for kms:Decrypt.
# https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
KMS_KEY: Final = re.compile(
    rf"arn:aws[a-z-]*:kms:(?P<region>{_REGION.pattern}):[0-9]{{12}}:key/[A-Za-z0-9-]+"
)
"""The ARN of a key of KMS."""


class SourcesError(ValueError):
    """SOURCES has mistakes. The message names each one: the source, the field and the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A bucket, or a part of one. docs/configuration.md explains each field.

    `prefix` is what all keys of a request begin with. `region` is empty for the stack's own.
    `owner` is the id of the account that must own the bucket; empty: any. `kms_keys` are the ARNs
    of the keys that encrypt its objects.
    """

    name: str
    bucket: str
    prefix: str = ""
    key_template: str = "downloads/{file_id}"
    region: str = ""
    owner: str = ""
    requester_pays: bool = False
    kms_keys: tuple[str, ...] = ()


def is_prefix(value: str) -> bool:
    """Whether the value names a folder, or everything."""
    return not value or (value.endswith("/") and not value.startswith("/"))


def parsed(text: str, like: Source, tells_apart: Callable[[str], bool]) -> tuple[Source, ...]:
    """Returns the sources that the JSON names, one at least.

    A field that is left out has the value of `like`. `tells_apart` says whether a key template has
    another key for each file id. Raises SourcesError with all mistakes.
    """
    written = objects(text)
    mistakes = [
        f"{_called(index, fields)}: {mistake}"
        for index, fields in enumerate(written)
        for mistake in _mistakes(fields, like, tells_apart)
    ]
    names = Counter(str(fields.get("name")) for fields in written)
    mistakes += [
        f"{count} sources have the name {name!r}" for name, count in names.items() if count > 1
    ]
    if mistakes:
        raise SourcesError("; ".join(mistakes))
    return tuple(_source(fields, like) for fields in written)


def objects(text: str) -> list[dict[str, Any]]:
    """Returns the JSON's list of objects, whose fields nobody has checked. Raises SourcesError."""
    try:
        written = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise SourcesError("cannot be read as JSON: it is nested too deeply") from None
    except ValueError as error:
        raise SourcesError(f"cannot be read as JSON: {error}") from None
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        raise SourcesError('must be a JSON list of objects, such as [{"name": "scans"}]')
    if not 1 <= len(written) <= SOURCES_MAX:
        raise SourcesError(f"must have 1 to {SOURCES_MAX} sources, not {len(written)}")
    return written


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the object. JSON's own reader takes the last of two fields with one name."""
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise ValueError(f"the field {_shown(twice)} is there twice in one object")
    return made


def _source(fields: Mapping[str, Any], like: Source) -> Source:
    prefix = fields.get("prefix", like.prefix)
    return Source(
        name=fields["name"],
        bucket=fields.get("bucket", like.bucket),
        prefix=prefix,
        key_template=fields.get("keyTemplate", below(prefix, like.key_template)),
        region=fields.get("region", like.region),
        owner=fields.get("owner", like.owner),
        requester_pays=fields.get("requesterPays", like.requester_pays),
        kms_keys=tuple(fields.get("kmsKeys", like.kms_keys)),
    )


def below(prefix: str, key_template: str) -> str:
    """Returns the template, with the prefix before it unless it begins with it: nothing of a source
    lies outside of its prefix."""
    return key_template if key_template.startswith(prefix) else prefix + key_template


def _mistakes(
    fields: Mapping[str, Any], like: Source, tells_apart: Callable[[str], bool]
) -> Iterator[str]:
    rules = _rules(fields.get("prefix", like.prefix), tells_apart)
    if unknown := sorted(set(fields) - set(rules)):
        known = ", ".join(rules)
        yield f"there is no field {', '.join(map(_shown, unknown))}, only {known}"
    if "name" not in fields:
        yield "it has no name"
    for field, (is_good, rule) in rules.items():
        if field in fields and not is_good(fields[field]):
            yield f"{field} {rule}, not {_shown(fields[field])}"
    if "bucket" not in fields and not like.bucket:
        yield "it has no bucket, and the stack has none of its own"
    yield from _no_bucket(fields.get("bucket"))
    yield from _elsewhere(fields.get("region"), fields.get("kmsKeys"))


def _rules(
    prefix: object, tells_apart: Callable[[str], bool]
) -> dict[str, tuple[Callable[[Any], bool], str]]:
    """Returns what each field must be, and the words for it."""

    def text(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
        return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))

    def template(value: object) -> bool:
        return (
            isinstance(value, str)
            and tells_apart(value)
            and value.startswith(prefix if isinstance(prefix, str) else "")
        )

    beginning = f", and begin with the prefix {_shown(prefix)}" if prefix else ""
    is_key = text(KMS_KEY)
    return {
        "name": (text(_NAME), f"must have 1 to {NAME_MAX} of a-z, 0-9 and '-'"),
        "bucket": (text(_BUCKET), "must be the name of a bucket"),
        "prefix": (
            lambda value: isinstance(value, str) and is_prefix(value) and value.isprintable(),
            PREFIX_RULE,
        ),
        "region": (text(_REGION), "must be a region of AWS, such as eu-west-1"),
        "owner": (text(_OWNER), "must be the 12 digits of an account's id, as a text"),
        "requesterPays": (lambda value: isinstance(value, bool), "must be true or false"),
        "kmsKeys": (
            lambda value: isinstance(value, list) and all(map(is_key, value)),
            "must be a list of the ARNs of KMS keys (arn:…:key/…), and of no aliases",
        ),
        "keyTemplate": (template, TEMPLATE_RULE + beginning),
    }


def _no_bucket(name: object) -> Iterator[str]:
    """Yields what a name is that S3 keeps for something else than a bucket."""
    for end, what in _NO_BUCKETS.items():
        if isinstance(name, str) and name.endswith(end) and _BUCKET.fullmatch(name):
            yield f"bucket must be the name of a bucket, not {_shown(name)}, which is {what}"


def _elsewhere(region: object, keys: object) -> Iterator[str]:
    """Yields what is wrong with keys of another region: S3 takes only those of the bucket's.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html"""
    if not region or not isinstance(keys, list):
        return
    for key in keys:
        found = KMS_KEY.fullmatch(key) if isinstance(key, str) else None
        if found and found["region"] != region:
            yield f"kmsKeys has a key of {found['region']}, and the region is {region}: {key}"


def _called(index: int, fields: Mapping[str, Any]) -> str:
    return (
        f"source {index + 1} ({_shown(fields['name'])})"
        if "name" in fields
        else (f"source {index + 1}")
    )


def _shown(value: object) -> str:
    """Returns a value as JSON, cut short."""
    shown = json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace").decode()
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
