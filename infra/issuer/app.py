"""The provider's HTTP: its endpoints, and the two pages on which a person signs in."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Response as AnyResponse

from infra.issuer import keys
from infra.issuer.grants import GRANTS, SCOPES, Provider, is_of_this_machine
from infra.issuer.memory import User

WARNING = "This provider is for development. It believes everybody who names a user."

USERS: Mapping[str, Mapping[str, object]] = {
    "alice": {},
    "bob": {},
    "admin": {"groups": ["admin"]},
}
"""Who can be picked on the page, and the claims that their tokens have besides."""

_USER_MAX = 256

Page = tuple[str, HTTPStatus]

log = logging.getLogger(__name__)


class BadForm(ValueError):
    """What was typed is no user. The message says why."""


routes = Blueprint("provider", __name__)


def make(issuer: str, key: RSAKey, *, access_seconds: int) -> Flask:
    """Returns the provider as a WSGI app. Its access tokens are good for `access_seconds`."""
    app = Flask(__name__)
    app.extensions["provider"] = Provider(app, issuer, key, access_seconds=access_seconds)
    app.register_blueprint(routes)
    return app


def _provider() -> Provider:
    return cast("Provider", current_app.extensions["provider"])


@routes.before_request
def keep_out() -> Response | None:
    """Refuses what a page from elsewhere sends, also if its name leads to this machine."""
    own = urlsplit(_provider().issuer)
    origin = request.headers.get("Origin")
    if request.host not in {own.netloc, f"localhost:{own.port}"}:
        return _refused(f"This is {own.netloc}, not {request.host}")
    if origin is not None and not is_of_this_machine(origin):
        return _refused(f"A page of {origin} may not ask this provider")
    return None


@routes.after_request
def let_pages_read(response: Response) -> Response:
    """Lets pages of this machine read the answers (CORS), and nobody keep them."""
    origin = request.headers.get("Origin")
    if origin and is_of_this_machine(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "content-type"
        response.headers["Vary"] = "Origin"
    response.headers.setdefault("Cache-Control", "no-store")
    # Not "no-referrer": with that, a browser hides the origin of our own forms.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@routes.get("/")
def about() -> str:
    """Says what this is."""
    return render_template("about.html", issuer=_provider().issuer, warning=WARNING)


@routes.get("/.well-known/openid-configuration")
def configuration() -> dict[str, object]:
    """Returns the provider's metadata (OpenID Connect Discovery 1.0, section 3)."""
    issuer = _provider().issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "end_session_endpoint": f"{issuer}/end_session",
        "jwks_uri": f"{issuer}/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": list(SCOPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
    }


@routes.get("/jwks.json")
def jwks() -> dict[str, object]:
    """Returns the public key."""
    return keys.public(_provider().key)


@routes.route("/authorize", methods=["GET", "POST"])
def authorize() -> AnyResponse | Page:
    """Shows who can sign in, and sends the person back to the client with a code."""
    provider = _provider()
    try:
        grant = provider.get_consent_grant()
    except OAuth2Error as error:
        return cast("Response", provider.handle_error_response(None, error))
    if request.method == "GET":
        return _sign_in()
    try:
        user = _user(request.form)
    except BadForm as error:
        return _sign_in(problem=str(error))
    return cast("Response", provider.create_authorization_response(grant_user=user, grant=grant))


@routes.post("/token")
def token() -> Response:
    """Gives tokens for a code, a refresh token, or a device's code."""
    return cast("Response", _provider().create_token_response())


@routes.post("/device_authorization")
def device_authorization() -> Response:
    """Gives a device its codes (RFC 8628, section 3.1)."""
    return cast("Response", _provider().create_endpoint_response("device_authorization"))


@routes.route("/device", methods=["GET", "POST"])
def device() -> Page:
    """Asks for the code that a device shows, and then who signs in on it."""
    code = request.values.get("user_code", "")
    if not code:
        return _device_form(None, HTTPStatus.OK)
    waiting = _provider().memory.device_of(code)
    if waiting is None:
        return _device_form(f"No device waits with the code {code}.", HTTPStatus.NOT_FOUND)
    if request.method == "GET":
        return _sign_in(device=waiting.user_code)
    try:
        user = _user(request.form)
    except BadForm as error:
        return _sign_in(problem=str(error), device=waiting.user_code)
    waiting.user, waiting.denied = user, user is None
    return render_template("done.html", signed_in=user is not None), HTTPStatus.OK


@routes.route("/end_session", methods=["GET", "POST"])
def end_session() -> AnyResponse | Page:
    """Sends the person back. There is no session to end: each sign-in asks for the user."""
    back = request.values.get("post_logout_redirect_uri")
    if not back or not is_of_this_machine(back):
        return render_template("done.html", signed_in=False), HTTPStatus.OK
    state = request.values.get("state")
    return redirect(add_params_to_uri(back, [("state", state)]) if state else back)


def _device_form(problem: str | None, status: HTTPStatus) -> Page:
    return render_template("device.html", problem=problem, warning=WARNING), status


def _sign_in(*, problem: str | None = None, device: str | None = None) -> Page:
    text = render_template(
        "sign_in.html",
        problem=problem,
        device=device,
        users=[(name, json.dumps(claims) if claims else "") for name, claims in USERS.items()],
        typed=request.form,
        warning=WARNING,
    )
    return text, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK


def _user(form: Mapping[str, str]) -> User | None:
    """Returns who signs in. None if the person does not want to. Raises BadForm if it is nobody."""
    if "cancel" in form:
        log.info("sign-in cancelled")
        return None
    picked = form.get("pick")
    name = picked or form.get("user", "").strip()
    if not name or len(name) > _USER_MAX:
        raise BadForm(f"Name a user, in at most {_USER_MAX} characters.")
    claims = USERS.get(name, {}) if picked else _claims(form.get("claims", "").strip())
    log.info("signed in: %r", name)
    return User(name, claims)


def _claims(typed: str) -> dict[str, object]:
    try:
        claims = json.loads(typed or "{}")
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise BadForm("The claims must be a JSON object.")
    return claims


def _refused(why: str) -> Response:
    return Response(f"{why}.\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")
