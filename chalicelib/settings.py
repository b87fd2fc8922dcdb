"""The settings of this process: the environment, read once into one frozen object.

A bad value fails at the start, and the error names the variable.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, cast, get_args
from urllib.parse import urlsplit

from chalicelib import named_sources, receivers
from chalicelib.archive.costs import DIRECT_SEGMENTS
from chalicelib.named_sources import Source

LINK_TTL_MAX: Final = 7 * 24 * 3600
"""Seconds. A SigV4 presigned link is valid for a week at most.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"""

HOLD_MAX: Final = 20
"""Seconds. API Gateway waits for 29, which must be enough for a cold start and slow reads too.
https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""

GATEWAY_SECONDS: Final = 29
"""How long API Gateway waits for an answer. Then it answers 504.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""

_EMULATOR: Final = "AWS_ENDPOINT_URL"
"""An emulator sets this variable for its functions, to its own address. AWS does not set it."""

OPEN_JOBS_MAX: Final = 1000
"""The largest limit, and the default. A user's open jobs are counted for each new job, and this
many fit on one page of a query."""

RATE_MAX: Final = 60_000
"""The largest rate a minute, and the largest burst. DynamoDB takes 1,000 writes of an item a
second, and each request is one or two.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""

FILES_MAX: Final = 10**9
BYTES_MAX: Final = 10**18
"""The largest quotas: more than anybody needs."""

_NEIGHBOURS: Final = (10_001, 10_002, 99_999_999, 100_000_000)
"""Sample file ids. No two of them may have the same key."""

ID_PATTERN_MAX: Final = 255
"""Characters of FILE_ID_PATTERN. Each error that names it must stay short."""

NameRule = Literal["metadata", "metadata-percent", "content-disposition"]
NAME_RULES: Final = get_args(NameRule)

CHANGES_MAX: Final = 20
LOOK_UP_MAX: Final = 100_000
CHECKSUM_DAYS_MAX: Final = 3650

DIRECT_SEGMENTS_MAX: Final = 1000
"""Lambda adds this many workers of a function in ten seconds, and lets a new account have as many.
https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"""

Auth = Literal["none", "jwt", "iam"]
"""`jwt`: by a token of an OpenID provider. `iam`: by a request that is signed with AWS credentials.
`none`: not at all."""

JWT_LEEWAY_MAX: Final = 300
"""Seconds. A larger difference of clocks is no difference, but a fault."""

SHARE_DAYS_MAX: Final = 365

JobEvent = Literal["accepted", "started", "ended"]
"""What happens to a job, and others can be told of."""
JOB_EVENTS: Final = get_args(JobEvent)

Inclusion = Literal["detail", "filename", "link"]
INCLUSIONS: Final = get_args(Inclusion)

_WIDE: Final = re.compile(r"\{[^{}]*[:.][^{}]*[0-9]{4}")
"""A field of a key template that is a thousand characters wide. S3's keys have 1,024 bytes."""

_FIELD: Final = re.compile(r"\{([^{}]*)\}")


_NAMESPACE: Final = re.compile(r"(?!AWS/|:)[0-9A-Za-z.\-_/#:]{1,255}")
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"""


class SettingsError(ValueError):
    """An environment variable is missing, or has a value that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can set. docs/configuration.md explains each setting."""

    jobs_table: str
    queue_url: str
    sources: tuple[Source, ...]
    """At least one. The first is the default."""
    archive_bucket: str
    archive_ttl_days: int
    link_ttl_seconds: int
    max_body_bytes: int
    progress_hold_seconds: int
    progress_retry_seconds: int
    source_delay_ms: int
    """How much longer each read of a source file takes. It is always 0 on AWS."""
    max_open_jobs_per_user: int
    """0: no limit."""
    public_endpoint_url: str | None
    """The endpoint at which callers reach S3; None: AWS's own."""
    api_url_template: str | None
    """The API's base URL with {apiId} and {stage}; None: it is taken from the request."""
    answer_within_seconds: int = 0
    """How long a service that does not answer is tried; 0: as long as a step can wait."""
    auth: Auth = "none"
    """How a caller proves who they are (http/callers.py)."""
    jwt_issuer: str = ""
    """Empty: only selections and tickets prove who calls."""
    jwt_audience: str = ""
    jwt_client_id: str = ""
    """The client as which the page and the command line sign people in. Empty: they do not."""
    jwt_scope: str = "openid"
    jwt_leeway_seconds: int = 60
    """How much the clocks of the issuer and of this stack may differ."""
    jwt_user_claim: str = "sub"
    user_prefix: str = ""
    """Which files a user may have: a prefix with claims in it, as `users/{sub}/`. Empty: all."""
    admin_claim: str = ""
    """The claim of an administrator, as `name=value`. Empty: there is none."""
    selection_keys: str = ""
    """The secret with the keys of selections. Empty: no selection is taken."""
    share_max_days: int = 7
    fast_path: bool = True
    """Whether workers take the shorter way to S3 (s3/fastpath.py). Without it botocore does all."""
    rate_limit_per_minute: int = 0
    """0: no limit, here and below."""
    rate_limit_burst: int = 1
    max_files_per_job: int = 0
    max_bytes_per_job: int = 0
    max_bytes_per_user_per_day: int = 0
    file_id_pattern: str = ""
    """What a file's id looks like: a pattern for the whole id. Empty: a whole number."""
    names_from: tuple[NameRule, ...] = ("metadata",)
    """Where the name of a file comes from that was asked for by its id. The first that says one
    counts, and the last part of the key if none does."""
    changes_max: int = 3
    """How often a job is planned again because a source file has changed or cannot be read."""
    look_up_max: int = 200
    """The files of a prefix are looked up one by one if there are at most this many."""
    checksum_days: int = 90
    """How long a CRC-32 that a worker has computed is kept; 0: not at all."""
    direct_segments: int = 0
    """How many segments of a job go to workers directly, and not through the queue."""
    worker_function: str = ""
    """The function that a worker is. Empty: all goes through the queue."""
    announcement_queue_url: str = ""
    event_bus: str = ""
    """The EventBridge bus that is told of jobs. Empty: none."""
    events: tuple[JobEvent, ...] = ("ended",)
    """What the bus is told of."""
    event_includes: tuple[Inclusion, ...] = ()
    """What events and webhooks say besides: words that may hold names of files, and a link."""
    webhook_hosts: tuple[str, ...] = ()
    """The hosts that webhooks may go to (receivers.py). Empty: there are no webhooks."""
    webhook_url: str = field(default="", repr=False)
    """Where each job's end is told. Empty: only where a request says."""
    webhook_secret: str = ""
    """The secret with the keys that sign webhooks."""
    mail_from: str = ""
    """The sender of mail. Empty: there is no mail."""
    mail_to: tuple[str, ...] = ()
    """The addresses and domains that may be told by mail, besides the caller's own address."""
    mail_claim: str = "email"
    """The claim of a token that is the caller's own address."""
    is_local: bool = False
    """Whether the stack runs on an emulator."""
    api_url: str = ""
    """The API's base URL, for what no request has asked for. Empty: it is not known here."""
    dead_letter_queue_url: str = ""
    """Empty: nobody counts the dead letters."""
    metric_namespace: str = ""
    """The namespace of the metrics that CloudWatch makes of the log (emf.py). Empty: none."""

    def source(self, name: str | None = None) -> Source:
        """Returns the source with this name; None: the default one. Raises KeyError."""
        if name is None:
            return self.sources[0]
        return {one.name: one for one in self.sources}[name]

    @property
    def archive_ttl_ms(self) -> int:
        return self.archive_ttl_days * 24 * 3600 * 1000


def load(environ: Mapping[str, str]) -> Settings:
    """Returns the settings that `environ` has. Raises SettingsError, which names the variable and
    its value."""

    def text(name: str, default: str | None = None) -> str:
        value = environ.get(name, "") or default
        if value is None:
            raise SettingsError(f"{name} is not set")
        return value

    def number(name: str, default: int, low: int, high: int) -> int:
        raw = text(name, str(default))
        if (
            not raw.isascii()
            or not raw.isdigit()
            or len(raw) > len(str(high))
            or not low <= int(raw) <= high
        ):
            raise SettingsError(f"{name} must be a whole number from {low} to {high}, not {raw!r}")
        return int(raw)

    sources = _sources(text, environ)
    return Settings(
        jobs_table=text("JOBS_TABLE"),
        queue_url=text("QUEUE_URL"),
        sources=sources,
        archive_bucket=text("ARCHIVE_BUCKET"),
        archive_ttl_days=number("ARCHIVE_TTL_DAYS", 7, 1, 3650),
        link_ttl_seconds=number("LINK_TTL_SECONDS", 900, 1, LINK_TTL_MAX),
        max_body_bytes=number("MAX_BODY_BYTES", 2 * 1024**2, 1024, 4 * 1024**2),
        progress_hold_seconds=number("PROGRESS_HOLD_SECONDS", 2, 0, HOLD_MAX),
        progress_retry_seconds=number("PROGRESS_RETRY_SECONDS", 1, 1, 60),
        source_delay_ms=_delay(number("SOURCE_DELAY_MS", 0, 0, 60_000), environ),
        max_open_jobs_per_user=number("MAX_OPEN_JOBS_PER_USER", OPEN_JOBS_MAX, 0, OPEN_JOBS_MAX),
        public_endpoint_url=_url("PUBLIC_ENDPOINT_URL", environ),
        api_url_template=_url("API_URL_TEMPLATE", environ),
        answer_within_seconds=number("ANSWER_WITHIN_SECONDS", 0, 0, GATEWAY_SECONDS),
        auth=_auth(text("AUTH", "none"), environ),
        jwt_issuer=_issuer(environ),
        jwt_audience=environ.get("JWT_AUDIENCE", ""),
        jwt_client_id=environ.get("JWT_CLIENT_ID", ""),
        jwt_scope=text("JWT_SCOPE", "openid"),
        jwt_leeway_seconds=number("JWT_LEEWAY_SECONDS", 60, 0, JWT_LEEWAY_MAX),
        jwt_user_claim=text("JWT_USER_CLAIM", "sub"),
        user_prefix=_user_prefix(environ.get("USER_PREFIX", "")),
        admin_claim=_checked(
            "ADMIN_CLAIM",
            environ.get("ADMIN_CLAIM", ""),
            lambda value: not value or all(value.partition("=")),
            "must be a claim and its value, as groups=admins",
        ),
        selection_keys=environ.get("SELECTION_KEYS", ""),
        share_max_days=number("SHARE_MAX_DAYS", 7, 1, SHARE_DAYS_MAX),
        fast_path=_checked(
            "FAST_PATH", text("FAST_PATH", "yes"), ("yes", "no").__contains__, "must be yes or no"
        )
        == "yes",
        rate_limit_per_minute=number("RATE_LIMIT_PER_MINUTE", 120, 0, RATE_MAX),
        rate_limit_burst=number("RATE_LIMIT_BURST", 60, 1, RATE_MAX),
        max_files_per_job=number("MAX_FILES_PER_JOB", 0, 0, FILES_MAX),
        max_bytes_per_job=number("MAX_BYTES_PER_JOB", 0, 0, BYTES_MAX),
        max_bytes_per_user_per_day=number("MAX_BYTES_PER_USER_PER_DAY", 0, 0, BYTES_MAX),
        file_id_pattern=_file_id_pattern(environ.get("FILE_ID_PATTERN", ""), sources),
        names_from=_names_from(text("NAMES_FROM", NAME_RULES[0])),
        changes_max=number("CHANGES_MAX", 3, 0, CHANGES_MAX),
        look_up_max=number("LOOK_UP_MAX", 200, 0, LOOK_UP_MAX),
        checksum_days=number("CHECKSUM_DAYS", 90, 0, CHECKSUM_DAYS_MAX),
        direct_segments=number("DIRECT_SEGMENTS", DIRECT_SEGMENTS, 0, DIRECT_SEGMENTS_MAX),
        worker_function=environ.get("WORKER_FUNCTION", ""),
        announcement_queue_url=text("ANNOUNCEMENT_QUEUE_URL"),
        event_bus=environ.get("EVENT_BUS", ""),
        events=cast(
            "tuple[JobEvent, ...]", _list_of("EVENTS", text("EVENTS", "ended"), JOB_EVENTS)
        ),
        event_includes=cast(
            "tuple[Inclusion, ...]",
            _list_of("EVENT_INCLUDES", environ.get("EVENT_INCLUDES", ""), INCLUSIONS),
        ),
        api_url=_api_url(environ),
        dead_letter_queue_url=environ.get("DEAD_LETTER_QUEUE_URL", ""),
        metric_namespace=_checked(
            "METRIC_NAMESPACE",
            environ.get("METRIC_NAMESPACE", ""),
            lambda value: not value or _NAMESPACE.fullmatch(value) is not None,
            "must be a namespace of CloudWatch: 1 to 255 letters, digits and .-_/#:, and not AWS/",
        ),
        **_receivers(environ),
    )


@cache
def settings() -> Settings:
    """Returns the settings of this process. Raises SettingsError."""
    return load(os.environ)


def _sources(text: Callable[..., str], environ: Mapping[str, str]) -> tuple[Source, ...]:
    """Returns those of SOURCES, or the only one without it."""
    written = environ.get("SOURCES", "")
    template = text("SOURCE_KEY_TEMPLATE", "downloads/{file_id}")
    if not _tells_apart(template):
        raise SettingsError(f"SOURCE_KEY_TEMPLATE {named_sources.TEMPLATE_RULE}, not {template!r}")
    only = Source(
        name=named_sources.DEFAULT_NAME,
        bucket=environ.get("SOURCE_BUCKET", "") if written else text("SOURCE_BUCKET"),
        prefix=_checked(
            "SOURCE_PREFIX",
            environ.get("SOURCE_PREFIX", ""),
            named_sources.is_prefix,
            named_sources.PREFIX_RULE,
        ),
        key_template=template,
    )
    if not written:
        return (only,)
    try:
        return named_sources.parsed(written, only, _tells_apart)
    except named_sources.SourcesError as error:
        raise SettingsError(f"SOURCES: {error}") from None


def _tells_apart(template: str) -> bool:
    """Whether the key template has another key for each file id."""
    if _WIDE.search(template):  # it would make keys of gigabytes
        return False
    try:
        keys = {template.format(file_id=file_id) for file_id in _NEIGHBOURS}
    except (LookupError, ValueError, AttributeError, TypeError):
        return False
    return len(keys) == len(_NEIGHBOURS)


def _file_id_pattern(value: str, sources: Iterable[Source]) -> str:
    if not value:
        return ""
    if len(value) > ID_PATTERN_MAX:
        raise SettingsError(
            f"FILE_ID_PATTERN must have at most {ID_PATTERN_MAX} characters, not {len(value)}: "
            f"{value!r}"
        )
    try:
        re.compile(value)
        re.compile(f"^(?:{value})$")  # as the OpenAPI document shows it
    except (re.error, OverflowError, RecursionError) as error:
        raise SettingsError(
            f"FILE_ID_PATTERN must be a regular expression, not {value!r}: {error}"
        ) from error
    for source in sources:
        _check_takes_texts(source.key_template)
    return value


def _check_takes_texts(template: str) -> None:
    """Raises SettingsError if the template makes no key of an id that is a text, or another one
    than of the number that the text says."""
    ids = (1, *_NEIGHBOURS)
    try:
        is_same = all(template.format(file_id=n) == template.format(file_id=str(n)) for n in ids)
    except (LookupError, ValueError):
        is_same = False
    if not is_same:
        raise SettingsError(
            f"with FILE_ID_PATTERN an id is a text, and the key template {template!r} makes no key "
            "of a text, or another one than of a number; write {file_id} or, for leading zeros, "
            "{file_id:0>9}"
        )


def _names_from(value: str) -> tuple[NameRule, ...]:
    rules = tuple(rule.strip() for rule in value.split(","))
    if not set(rules) <= set(NAME_RULES) or len(set(rules)) < len(rules):
        raise SettingsError(
            f"NAMES_FROM must be a list of {', '.join(NAME_RULES)}, each once, with commas between "
            f"them, not {value!r}"
        )
    return cast("tuple[NameRule, ...]", rules)


def _api_url(environ: Mapping[str, str]) -> str:
    """Returns API_URL; on an emulator, the one that callers reach."""
    template, api_id = environ.get("API_URL_TEMPLATE", ""), environ.get("API_ID", "")
    if template and api_id:
        return template.replace("{apiId}", api_id).replace("{stage}", "api").rstrip("/")
    return _url("API_URL", environ) or ""


def _list_of(name: str, value: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the entries of a list with commas, in the order of `known`."""
    entries = [one.strip() for one in value.split(",")] if value else []
    if not set(entries) <= set(known) or len(set(entries)) < len(entries):
        raise SettingsError(
            f"{name} must be a list of {', '.join(known)}, each once, with commas between them, "
            f"not {value!r}"
        )
    return tuple(one for one in known if one in entries)


def _receivers(environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Returns the settings that say who may be told, by their names."""
    written = environ.get("WEBHOOK_HOSTS", "")
    hosts = receivers.hosts(written)
    if hosts is None:
        raise SettingsError(f"WEBHOOK_HOSTS {receivers.HOSTS_RULE}, not {written!r}")
    is_local = bool(environ.get(_EMULATOR))
    if url := environ.get("WEBHOOK_URL", ""):
        try:
            receivers.place_of(url, hosts, is_local=is_local)
        except receivers.NotAllowed as error:
            # Not the URL itself: it may hold a token.
            raise SettingsError(f"WEBHOOK_URL cannot be used: {error}") from None
    if hosts and not environ.get("WEBHOOK_SECRET"):
        raise SettingsError("WEBHOOK_HOSTS needs WEBHOOK_SECRET, which is not set")
    sender = environ.get("MAIL_FROM", "")
    written = environ.get("MAIL_TO", "")
    addresses = receivers.addresses(written)
    if addresses is None:
        raise SettingsError(f"MAIL_TO {receivers.MAIL_RULE}, not {written!r}")
    return {
        "webhook_hosts": hosts,
        "webhook_url": url,
        "webhook_secret": environ.get("WEBHOOK_SECRET", ""),
        "mail_from": _checked(
            "MAIL_FROM",
            sender,
            lambda value: not value or receivers.is_address(value),
            "must be a mail address, as longhaul@example.com",
        ),
        "mail_to": addresses,
        "mail_claim": environ.get("MAIL_CLAIM", "") or "email",
        "is_local": is_local,
    }


def _auth(value: str, environ: Mapping[str, str]) -> Auth:
    if value not in ("none", "jwt", "iam"):
        raise SettingsError(f"AUTH must be none, jwt or iam, not {value!r}")
    issuer, audience = environ.get("JWT_ISSUER"), environ.get("JWT_AUDIENCE")
    if value == "jwt" and not issuer and not environ.get("SELECTION_KEYS"):
        raise SettingsError("AUTH=jwt needs JWT_ISSUER, or SELECTION_KEYS; neither is set")
    if value == "jwt" and issuer and not audience:
        raise SettingsError("AUTH=jwt with JWT_ISSUER needs JWT_AUDIENCE, which is not set")
    return cast("Auth", value)


def _issuer(environ: Mapping[str, str]) -> str:
    """Returns the issuer as it is: a slash at its end is a part of its name."""
    value = environ.get("JWT_ISSUER", "")
    url = urlsplit(value)
    # Over HTTP, anybody on the way could hand out keys. An emulator's issuer is on this machine.
    schemes = ("https", "http") if environ.get(_EMULATOR) else ("https",)
    is_issuer = url.scheme in schemes and bool(url.hostname) and not url.query and not url.fragment
    return _checked(
        "JWT_ISSUER", value, lambda _: not value or is_issuer, "must be a URL with https"
    )


def _user_prefix(value: str) -> str:
    fields = _FIELD.findall(value)
    bare = _FIELD.sub("", value)
    is_prefix = not value.startswith("/") and (not bare or value.endswith("/"))
    # Of {tenant}-{user}/, the user b-c of the tenant a and the user c of a-b would have one folder.
    is_clear = all(len(_FIELD.findall(name)) <= 1 for name in value.split("/"))
    is_template = bool(fields) and all(fields) and not set(bare) & {"{", "}"}
    ok = not value or (is_template and is_prefix and is_clear)
    return _checked(
        "USER_PREFIX",
        value,
        lambda _: ok,
        "must name a claim and end with '/', as users/{sub}/, or be a claim alone, as {prefixes}; "
        "between two claims there must be a '/'",
    )


def _delay(value: int, environ: Mapping[str, str]) -> int:
    if value and not environ.get(_EMULATOR):
        raise SettingsError(
            f"SOURCE_DELAY_MS is for local targets only: without {_EMULATOR} it must be 0, "
            f"not '{value}'"
        )
    return value


def _url(name: str, environ: Mapping[str, str]) -> str | None:
    value = environ.get(name, "")
    url = urlsplit(value)
    is_url = url.scheme in ("http", "https") and bool(url.netloc)
    return _checked(name, value, lambda _: not value or is_url, "must be a URL").rstrip("/") or None


def _checked(name: str, value: str, ok: Callable[[str], bool], rule: str) -> str:
    if not ok(value):
        raise SettingsError(f"{name} {rule}, not {value!r}")
    return value
