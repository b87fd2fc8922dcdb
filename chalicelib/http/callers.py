"""Who calls the API, in which way they have proved it, for which files; and at which URL.

It is decided here and nowhere else, before a route runs (http/guard.py). The check is part of this
function, not an authorizer of API Gateway: the same code runs on every target, and a refusal is a
problem document like any other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final, Literal

from chalicelib import receivers
from chalicelib.errors import Forbidden, NotFound, Unauthorized
from chalicelib.jobs.model import Job, owner_mark
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.http.issuer import Issuer

Context = Mapping[str, Any]
"""API Gateway's `requestContext`."""

Way = Literal["none", "jwt", "iam", "gateway", "selection", "ticket"]
"""How a caller has proved who they are. `gateway`: by an authorizer that the operator has put
before the stack. `selection`: by the selection in the body."""

METADATA_PATH: Final = "/.well-known/oauth-protected-resource"

# Texts and not patterns: few processes need them all, and `re` compiles each when it is first used.
_BEARER: Final = r"(?i:Bearer) +([\x21-\x7e]+)"
_FIELD: Final = r"\{([^{}]+)\}"
_SESSION: Final = r"(arn:[^:]+:sts::\d+:assumed-role/.+)/[^/]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a request.

    `user_id` is the user that the caller has proved to be; None if nobody had to prove anything.
    `prefixes` bound the keys of the source files that the caller may have; None: all. `job_id` is
    the only job that a ticket is for, and `until` is when it ends, in Unix time in ms. `email` is
    the mail address that is proved to be the caller's. `reads_only`: the ticket is a share link's.
    """

    way: Way = "none"
    user_id: str | None = None
    prefixes: tuple[str, ...] | None = None
    is_admin: bool = False
    address: str = ""
    job_id: str | None = None
    until: int | None = None
    email: str | None = None
    reads_only: bool = False

    def acting_for(self, asserted: str) -> str:
        """Returns the user for whom the request is made. What a request asserts (`user_id`) counts
        only where nobody has to prove anything."""
        return asserted if self.user_id is None else self.user_id

    def check_owner(self, job: Job) -> None:
        """Raises NotFound if the job is another user's."""
        is_mine = job.job_id == self.job_id
        if self.way != "ticket":
            is_mine = self.user_id is None or self.user_id == job.user_id
        if not is_mine:
            raise unknown_job(job.job_id, is_anothers=True)

    def was_owner(self, deleted: Job) -> bool:
        """Returns whether the caller may know that this job was deleted."""
        if self.way == "ticket":
            return deleted.job_id == self.job_id
        return (
            self.user_id is None or owner_mark(deleted.job_id, self.user_id) == deleted.deleted_for
        )


def by_token(token: str, settings: Settings, issuer: "Issuer", now: int) -> Caller:
    """Returns the caller whom a token of the OpenID provider names. `now` is Unix time in ms.
    Raises BadToken; Forbidden if a claim that USER_PREFIX needs is not there; and Unavailable."""
    from chalicelib.http import tokens

    jws = tokens.jws_of(token)
    claims = jws.payload
    # Before the keys are asked for: a token of another issuer should not cost a request.
    if claims.get("iss") != settings.jwt_issuer:
        raise tokens.BadToken("the token is of another issuer (iss)")
    tokens.check_times(claims, now, settings.jwt_leeway_seconds)
    tokens.check_audience(claims, settings.jwt_audience)
    tokens.check_signature(jws, issuer.key(jws.key_id, now))
    return _known("jwt", tokens.subject(claims, settings.jwt_user_claim), claims, settings)


def by_signature(context: Context, settings: Settings) -> Caller:
    """Returns the caller whose AWS credentials have signed the request, as API Gateway has checked.
    Raises Unauthorized.

    The user is the role, without the session's name: another machine of the same service is the
    same user.
    """
    arn = (context.get("identity") or {}).get("userArn")
    if not arn:
        raise Unauthorized("the request must be signed with AWS credentials (SigV4)")
    session = re.fullmatch(_SESSION, str(arn))
    user = session[1] if session else str(arn)
    return _known("iam", user, {"sub": user, "arn": str(arn)}, settings)


def by_gateway(context: Context, settings: Settings) -> Caller | None:
    """Returns the caller whom an authorizer of the operator's own has named; None: there is no
    authorizer."""
    authorizer: Mapping[str, Any] = context.get("authorizer") or {}
    claims: Mapping[str, Any] = authorizer.get("claims") or {}
    principal = claims.get("sub") or authorizer.get("principalId")
    if not principal:
        return None
    return _known("gateway", str(principal), {"sub": str(principal), **claims}, settings)


def bearer(headers: Mapping[str, str]) -> str | None:
    """Returns the token of the header Authorization (RFC 6750, section 2.1); None if there is no
    such header. Raises BadToken if it has another form."""
    given = headers.get("authorization")
    if given is None:
        return None
    found = re.fullmatch(_BEARER, given.strip())
    if not found:
        from chalicelib.http.tokens import BadToken

        raise BadToken("the header Authorization must be: Bearer, a space, and the token")
    return found[1]


def address(context: Context) -> str:
    """Returns the IP address that the request came from, as API Gateway saw it."""
    return str((context.get("identity") or {}).get("sourceIp") or "")


def challenge(error: Unauthorized, base: str, settings: Settings) -> str:
    """Returns the header WWW-Authenticate (RFC 6750, section 3; RFC 9728, section 5.1). `base` is
    the API's URL."""
    if settings.auth == "iam":
        return 'AWS4-HMAC-SHA256 realm="longhaul"'
    facts = {"realm": "longhaul"}
    if error.error:
        facts |= {"error": error.error, "error_description": error.detail}
    if settings.auth == "jwt" and settings.jwt_issuer:
        facts["resource_metadata"] = f"{base}{METADATA_PATH}"
    quoted = (f'{name}="{_quotable(value)}"' for name, value in facts.items())
    return f"Bearer {', '.join(quoted)}"


def prefixes(template: str, claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Returns the prefixes that bound a user with these claims; None: nothing bounds them. Pure.

    A claim inside the template is one name of a folder, and must not be a path: else the user
    `a/b` would have a folder of the user `a`. A template that is a claim alone takes whole
    prefixes. If a claim is a list, there is a prefix for each of its entries. Raises Forbidden.
    """
    if not template:
        return None
    is_alone = re.fullmatch(_FIELD, template) is not None
    fields = tuple(dict.fromkeys(re.findall(_FIELD, template)))
    held = [_values(claims, claim, is_path=is_alone) for claim in fields]
    found = (_filled(template, dict(zip(fields, row, strict=True))) for row in product(*held))
    return tuple(dict.fromkeys(found))


def base_url(context: Context, settings: Settings) -> str:
    """Returns the API's URL without the route, and without a slash at its end.

    It is taken from the request. Its path begins with what a stage or the mapping of a custom
    domain puts before the route. Emulators report another host than the one at which callers reach
    them, so there a template is used instead.
    """
    if settings.api_url_template:
        return settings.api_url_template.replace("{apiId}", context["apiId"]).replace(
            "{stage}", context["stage"]
        )
    depth = context["resourcePath"].rstrip("/").count("/")
    path = context["path"].rstrip("/")
    prefix = path.rsplit("/", depth)[0] if depth else path
    return f"https://{context['domainName']}{prefix}"


def check_job(caller: Caller, job: Job | None, job_id: str) -> Job:
    """Returns the job, if the caller may see it. Raises NotFound."""
    if job is None or job.is_deleted:
        raise unknown_job(job_id)
    caller.check_owner(job)
    return job


def unknown_job(job_id: str, *, is_anothers: bool = False) -> NotFound:
    """Returns the error for a job that does not exist, or not any more, or is another user's. All
    have the same words: they must not tell that a job exists."""
    return NotFound(
        f"there is no job {job_id[:60]!r}; it was deleted, or has expired long ago",
        is_anothers=is_anothers,
    )


def _known(way: Way, user: str, claims: Mapping[str, Any], settings: Settings) -> Caller:
    try:
        bounds = prefixes(settings.user_prefix, claims)
    except Forbidden as error:
        error.caller = Caller(way=way, user_id=user)
        raise
    return Caller(
        way=way,
        user_id=user,
        prefixes=bounds,
        is_admin=_is_admin(claims, settings.admin_claim),
        email=None if way == "iam" else email_of(claims, settings.mail_claim),
    )


def email_of(claims: Mapping[str, Any], mail_claim: str) -> str | None:
    """Returns the mail address that the claims prove to be the user's; None if they prove none.
    Pure. Some providers write email_verified as a text (OpenID Connect Core 1.0, section 5.1, has a
    boolean)."""
    held = claims.get(mail_claim)
    if mail_claim == "email" and claims.get("email_verified") not in (True, "true"):
        return None
    return held if isinstance(held, str) and receivers.is_address(held) else None


def _is_admin(claims: Mapping[str, Any], admin_claim: str) -> bool:
    name, _, value = admin_claim.partition("=")
    held = claims.get(name) if name else None
    return value in held if isinstance(held, list) else bool(name) and held == value


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Returns the template with its fields filled in at once: a value that looks like a field stays
    as it is."""
    return re.sub(_FIELD, lambda found: values[found[1]], template)


def _values(claims: Mapping[str, Any], claim: str, *, is_path: bool) -> list[str]:
    held = claims.get(claim)
    values: list[Any] = held if isinstance(held, list) else [held]
    if not all(_is_path(value) if is_path else _is_name(value) for value in values):
        raise Forbidden(
            f"which files are yours is not known: the claim {claim!r} must be "
            + ("a prefix that ends with '/'" if is_path else "a text without '/'")
        )
    return values


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable() and "/" not in value


def _is_path(value: object) -> bool:
    is_text = isinstance(value, str) and value.isprintable()
    return is_text and str(value).endswith("/") and not str(value).startswith("/")


def _quotable(text: str) -> str:
    """Returns the text as a quoted string takes it (RFC 9110, section 5.6.4), in ASCII."""
    plain = text.encode("ascii", "replace").decode()
    return plain.replace("\\", "\\\\").replace('"', '\\"')
