"""The door of the API: who calls is known, and may make the request, before a route runs.

Each route under /v1 has a rule. The audit line tells what came of a request that makes something,
gives something away or deletes it, and of each refusal (docs/operations.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.errors import Forbidden, LonghaulError, NotFound, Unauthorized
from chalicelib.http import callers, parse, rates
from chalicelib.http.callers import Caller
from chalicelib.http.calls import Call
from chalicelib.jobs.places import JOB_ID
from chalicelib.services import Services

TICKET: Final = "lht_"
"""What a ticket begins with. So a scanner for secrets can find one that was published."""

_REFUSALS: Final = frozenset({401, 403, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a route asks of a request.

    `action` is its name in the audit line. `costs`: the request counts for the rate limit.
    `scopes` are those of the tickets that are enough. `takes_selection`: a selection in the body is
    enough. `is_told`: its success has an audit line too.
    """

    action: str
    costs: bool = False
    scopes: frozenset[str] = frozenset()
    takes_selection: bool = False
    is_told: bool = False
    is_open: bool = False
    for_admins: bool = False


_ANY_TICKET: Final = frozenset({"read", "own"})
_OWN_TICKET: Final = frozenset({"own"})

CREATE: Final = Rule(action="create", costs=True, takes_selection=True, is_told=True)
LIST: Final = Rule(action="list", costs=True)
STATUS: Final = Rule(action="status", scopes=_ANY_TICKET)
DELETE: Final = Rule(action="delete", scopes=_OWN_TICKET, is_told=True)
RENAME: Final = Rule(action="rename", costs=True, is_told=True)
REQUEST: Final = Rule(action="request", costs=True)
RETRY: Final = Rule(action="retry", costs=True, is_told=True)
LINK: Final = Rule(action="link", scopes=_ANY_TICKET, is_told=True)
SHARE: Final = Rule(action="share", costs=True, is_told=True)
SHARES: Final = Rule(action="shares")
UNSHARE: Final = Rule(action="unshare", is_told=True)
NOTIFY: Final = Rule(action="notify", costs=True, is_told=True)
RECEIVERS: Final = Rule(action="receivers")
BROWSE: Final = Rule(action="browse", costs=True)
ERASE: Final = Rule(action="erase", for_admins=True, is_told=True)
HEALTH: Final = Rule(action="health", is_open=True)


def caller_of(call: Call, services: Services, rule: Rule, job_id: str | None) -> Caller:
    """Returns who makes the request. `job_id` is the job that its path names. Raises Unauthorized,
    Forbidden, and Unavailable if the tokens' issuer does not answer."""
    found = replace(_caller(call, services, rule, job_id), address=callers.address(call.context))
    if rule.for_admins and not found.is_admin:
        detail = "only an administrator may do this (the setting ADMIN_CLAIM says who is)"
        raise Forbidden(detail, caller=found)
    return found


def _caller(call: Call, services: Services, rule: Rule, job_id: str | None) -> Caller:
    settings = services.settings
    if rule.is_open:
        return Caller()
    if settings.auth == "iam":
        return callers.by_signature(call.context, settings)
    given = call.headers.get("authorization", "")
    # A signature may hold these letters too.
    if given.strip().partition(" ")[2].lstrip().startswith(TICKET):
        return _by_ticket(callers.bearer(call.headers) or "", services, rule, job_id)
    signed = None
    if rule.takes_selection:
        signed = parse.selection(call.body, call.headers.get("content-type"), settings)
    token = callers.bearer(call.headers) if settings.auth == "jwt" else None
    if signed and token is None:
        from chalicelib.http.selections import verified

        return Caller(way="selection", user_id=verified(signed[0], services).user_id)
    if settings.auth == "none":
        named = callers.by_gateway(call.context, settings)
        if named is None and settings.user_prefix:
            # An operator who bounds users must not get a stack that is open to everybody.
            raise Unauthorized("USER_PREFIX bounds users, and with AUTH=none nobody says who calls")
        return named or Caller()
    if token is None:
        raise Unauthorized("sign in first: the request has no Authorization header")
    if not settings.jwt_issuer:
        raise Unauthorized("this stack takes selections and tickets, and no other token")
    from chalicelib.http.issuer import issuer

    return callers.by_token(token, settings, issuer(settings.jwt_issuer), services.now())


def _by_ticket(token: str, services: Services, rule: Rule, job_id: str | None) -> Caller:
    if job_id is None or not rule.scopes:
        raise Forbidden("a ticket lets you see one job and download its archive, and nothing else")
    from chalicelib.http.shares import ticket_of

    ticket = ticket_of(services, job_id, token) if JOB_ID.fullmatch(job_id) else None
    if ticket is None:
        raise Unauthorized("this ticket is not for this job, or has expired, or was revoked")
    caller = Caller(
        way="ticket",
        user_id=f"ticket:{ticket.id}",
        job_id=job_id,
        until=ticket.expires_at,
        reads_only=ticket.scope == "read",
    )
    if ticket.scope not in rule.scopes:
        detail = "this ticket lets you see the job and download its archive, not change it"
        raise Forbidden(detail, caller=caller)
    return caller


def level(services: Services, caller: Caller, *, is_counted: bool) -> Mapping[str, str]:
    """Counts the request, or looks how many are left. Returns the headers that say so. Raises
    RateLimited, which has them too.

    Without a proof, requests are counted by the address that they come from: everybody can assert
    another user for each request.
    """
    subject = rates.subject_of_address(caller.address)
    if caller.user_id is not None:
        subject = rates.subject_of_user(caller.user_id)
    measure = rates.take if is_counted else rates.look
    return rates.headers(measure(services, subject))


def facts(
    rule: Rule, caller: Caller, job_id: str | None, status: int, error: LonghaulError | None
) -> Mapping[str, object] | None:
    """Returns what the audit line says of a request; None if it has none."""
    is_refusal = status in _REFUSALS or _is_anothers(error)
    if not is_refusal and not rule.is_told:
        return None
    return {
        "action": rule.action,
        "result": "refused" if is_refusal else "failed" if error else "done",
        "status": status,
        "reason": _reason(error),
        "userId": caller.user_id,
        "way": caller.way,
        "address": caller.address,
        "jobId": job_id,
    }


def _reason(error: LonghaulError | None) -> str | None:
    """Returns the problem's slug; `not-yours` if the caller was told that another user's job does
    not exist."""
    if _is_anothers(error):
        return "not-yours"
    return error.slug if error else None


def _is_anothers(error: LonghaulError | None) -> bool:
    return isinstance(error, NotFound) and error.is_anothers
