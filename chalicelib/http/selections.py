"""Selections: what may be exported, and for whom, signed by the caller's own backend.

A selection is a JWS (RFC 7515) with the claims of a JWT (RFC 7519). It is signed with HS256, and a
key that the backend shares with this stack. Whoever bears it needs no other proof: the backend has
decided already. docs/selections.md shows how to sign one.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.errors import FieldError, Forbidden, InvalidRequest, invalid
from chalicelib.http import answers, faults, parse, spelling, tokens
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.http.spelling import Sent
from chalicelib.http.tokens import BadToken
from chalicelib.instants import iso
from chalicelib.jobs import tickets
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.selections import Use
from chalicelib.jobs.tickets import Scope
from chalicelib.pipeline import accepting
from chalicelib.services import Services

AUDIENCE: Final = "longhaul"
ALGORITHM: Final = "HS256"

USES_MAX: Final = 1_000
JTI_MAX: Final = 255

LIFE_MAX_SECONDS: Final = 7 * 24 * 3600
"""A selection that was lost or stolen is good for a week at most."""

_DAY_MS: Final = 24 * 3600 * 1000

TICKET_DAYS_MAX: Final = 7
"""A ticket lives as long as the archive, but no longer than this."""

_REQUEST: Final = (
    *("file_ids", "keys", "prefix", "files", "source"),
    *("filename", "on_missing", "on_unreadable", "names", "notify"),
    *("format", "compression", "split"),
)
_KNOWN: Final = (*_REQUEST, "sub", "aud", "iss", "exp", "nbf", "iat", "jti", "uses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A selection whose signature and claims are right.

    `request` is what it asks for, and in whose name.
    """

    request: ExportRequest
    use: Use

    @property
    def user_id(self) -> str:
        return self.request.user_id


def create(call: Call, services: Services, token: str, *, fresh: bool = False) -> Reply:
    """POST /v1/export with a selection. Raises Forbidden if the caller has proved to be another
    user, and what `verified` and `accepting.accept_selected` raise."""
    selection = verified(token, services, fresh=fresh)
    if call.caller.user_id not in (None, selection.user_id):
        raise Forbidden("the selection is for another user (sub) than the token of this request")
    return accepted(call, services, selection)


def accepted(call: Call, services: Services, selection: Selection) -> Reply:
    """Returns the answer to a request with this selection: the job, and a ticket for it.

    The ticket is stored before the job. After a crash between the two, the same request makes the
    job. Raises what `accepting.accept_selected` raises, and InvalidRequest for a bad
    Idempotency-Key.
    """
    key = call.headers.get("idempotency-key")
    job_id = services.new_id()
    if key is not None:
        job_id = accepting.named_id(["selection", selection.use.selection], key)
    now = services.now()
    life = min(services.settings.archive_ttl_days, TICKET_DAYS_MAX) * 24 * 3600
    token, ticket = tickets.new(services.new_id(), services.new_secret(), Scope.OWN, now, life)
    services.tickets.add(job_id, ticket, now)
    arrival = call.arrival(services.settings)
    on_record = accepting.accept_selected(
        services, job_id, selection.request, selection.use, arrival
    )
    job = on_record.job
    content = {
        **answers.accepted(job, arrival.base),
        "ticket": token,
        "ticketExpiresAt": iso(ticket.expires_at),
    }
    url = answers.job_url(job, arrival.base)
    headers = {"Location": url, "Retry-After": "1", **uncached()}
    return Reply(202, content, headers, made=job if on_record.is_new else None)


def verified(token: str, services: Services, *, fresh: bool = False) -> Selection:
    """Returns the selection that a token holds. `fresh` is the caller's wish and no claim.

    Raises BadToken if the token is not of a backend of ours, or is late; InvalidRequest if a claim
    is not as it must be; Unavailable if the keys cannot be read.
    """
    settings, now = services.settings, services.now()
    if not settings.selection_keys:
        raise invalid("/selection", "this stack takes no selections: SELECTION_KEYS is not set")
    try:
        # As long as a body may be: a selection may name 10,000 files.
        jws = tokens.jws_of(token, settings.max_body_bytes)
        kid = _key_id(jws.header)
        key = services.selection_keys.find(kid, now, services.log)
        if key is None:
            raise BadToken("the token's kid is not one of the keys of selections")
        signature = hmac.digest(key, jws.signed, "sha256")
        if not hmac.compare_digest(signature, jws.signature):
            raise BadToken("the token's signature is not right")
        claims = jws.payload
        tokens.check_audience(claims, AUDIENCE)
        tokens.check_times(claims, now, settings.jwt_leeway_seconds)
    except BadToken as error:
        raise BadToken(f"selection: {error.detail}") from None
    claims, sent = _spelled(claims)
    _check_claims(claims, now / 1000 + settings.jwt_leeway_seconds)
    forget_at = now + (LIFE_MAX_SECONDS + settings.jwt_leeway_seconds) * 1000 + _DAY_MS
    return Selection(
        request=_request(claims, sent, services, fresh=fresh),
        use=Use(
            selection=_digest(kid, jws.signed, claims),
            most=claims.get("uses", 1),
            forget_at=forget_at,
        ),
    )


def _key_id(header: Mapping[str, Any]) -> str:
    """Returns the id of the key. Raises BadToken; also for each algorithm but the one."""
    if header.get("alg") != ALGORITHM:
        raise BadToken(f"the token must be signed with {ALGORITHM} (alg)")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise BadToken("the token's header names no key (kid)")
    return kid


def _check_claims(claims: Mapping[str, Any], now: float) -> None:
    """Checks what the claims say beside the request. `now` is Unix time in seconds. Raises
    InvalidRequest.

    A claim that is not known is refused: a limit with a mistake in its name must not be no limit.
    """
    known = ", ".join(map(spelling.outer, _KNOWN))
    errors = [
        FieldError(f"/selection/{faults.escaped(name)}", f"is not known; known are {known}")
        for name in claims
        if name not in _KNOWN
    ]
    if claims["exp"] > now + LIFE_MAX_SECONDS:
        days = LIFE_MAX_SECONDS // (24 * 3600)
        errors.append(FieldError("/selection/exp", f"must be at most {days} days ahead"))
    if not isinstance(claims.get("sub"), str):
        errors.append(FieldError("/selection/sub", "must be a text: the user"))
    jti = claims.get("jti", "-")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX:
        errors.append(FieldError("/selection/jti", f"must be a text of 1 to {JTI_MAX} characters"))
    uses = claims.get("uses", 1)
    if type(uses) is not int or not 1 <= uses <= USES_MAX:
        errors.append(FieldError("/selection/uses", f"must be a whole number from 1 to {USES_MAX}"))
    if "uses" in claims and "jti" not in claims:
        errors.append(FieldError("/selection/jti", "is missing, and uses are counted by it"))
    faults.raise_for(errors)


def _spelled(claims: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sent]:
    """Returns the claims as they are spelled inside, and how they were sent. Raises
    InvalidRequest."""
    try:
        return parse.spelled(claims, _KNOWN)
    except InvalidRequest as error:
        faults.raise_for([_of_claim(fault) for fault in error.errors])
        raise


def _request(
    claims: Mapping[str, Any], sent: Sent, services: Services, *, fresh: bool
) -> ExportRequest:
    """Returns what the claims ask for. They obey the rules of a body of POST /v1/export. Raises
    InvalidRequest."""
    asked = {name: claims[name] for name in _REQUEST if name in claims}
    asked |= {"user_id": claims["sub"], "fresh": fresh}
    try:
        return parse.valid_export(asked, services.settings, {**sent, "user_id": "sub"})
    except InvalidRequest as error:
        faults.raise_for([_of_claim(fault) for fault in error.errors])
        raise


def _of_claim(fault: FieldError) -> FieldError:
    return FieldError(f"/selection{fault.pointer}", fault.detail)


def _digest(kid: str, signed: bytes, claims: Mapping[str, Any]) -> str:
    """Returns by what the uses of a selection are counted: what its backend calls it or, without a
    `jti`, the token itself, which there is one way to write."""
    name = json.dumps([kid, claims["sub"], claims["jti"]]).encode() if "jti" in claims else signed
    return hashlib.sha256(name).hexdigest()
