"""A tiny shop. People sign in, and download the files of their own orders with Longhaul."""

import os
import secrets
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from orders import USERS, order_of, orders_of
from selections import signed
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.sessions import SessionMiddleware

LONGHAUL_URL = os.environ["LONGHAUL_URL"]
SELECTION_KEY = os.environ["SELECTION_KEY"]
SELECTION_KID = os.environ.get("SELECTION_KID", "1")
# Without a secret of yours, a restart signs everybody out.
SESSION_SECRET = os.environ.get("SESSION_SECRET") or secrets.token_urlsafe(32)
IS_HTTPS = os.environ.get("SITE_URL", "").startswith("https:")

# What the page may load, and whom it may ask: this site, and Longhaul.
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src {LONGHAUL_URL}/longhaul-export.js",
        f"connect-src 'self' {LONGHAUL_URL}/",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)

FROM_HERE = ("same-origin", None)  # None: not a browser of today, or no TLS

FOLDER = Path(__file__).parent

app = FastAPI(openapi_url=None)
app.add_middleware(
    SessionMiddleware,
    secret_key=SESSION_SECRET,
    max_age=12 * 3600,
    same_site="lax",
    https_only=IS_HTTPS,
)
app.mount("/static", StaticFiles(directory=FOLDER / "static"))
templates = Jinja2Templates(FOLDER / "templates")


@app.middleware("http")
async def no_forged_forms(request: Request, answer: RequestResponseEndpoint) -> Response:
    """Another site's form signs nobody in or out. A browser says where a form comes from."""
    if request.method == "POST" and request.headers.get("sec-fetch-site") not in FROM_HERE:
        return JSONResponse({"detail": "This form is another site's."}, 403)
    return await answer(request)


@app.middleware("http")
async def with_policy(request: Request, answer: RequestResponseEndpoint) -> Response:
    """Adds the policy to each answer. No answer is kept for the next person who signs in."""
    response = await answer(request)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def signed_in(request: Request) -> str:
    """Returns who has signed in. Answers 401 if nobody has."""
    user: str | None = request.session.get("user")
    if user is None:
        raise HTTPException(401, "Sign in first.")
    return user


@app.get("/")
def page(request: Request) -> Response:
    user = request.session.get("user")
    known = {"longhaul": LONGHAUL_URL, "user": user, "users": USERS, "orders": orders_of(user)}
    return templates.TemplateResponse(request, "shop.html", known)


# These two stand for your own login. They believe everybody.
@app.post("/login")
def login(request: Request, user: Annotated[str, Form()]) -> Response:
    if user not in USERS:
        raise HTTPException(400, "There is no such user.")
    request.session["user"] = user
    return RedirectResponse("/", 303)


@app.post("/logout")
def logout(request: Request) -> Response:
    request.session.clear()
    # The tickets of exports too.
    return RedirectResponse("/", 303, {"Clear-Site-Data": '"storage"'})


# Your login decides who asks, your database what they may have. Longhaul believes the signature.
@app.get("/orders/{number}/selection")
def selection(number: int, user: Annotated[str, Depends(signed_in)]) -> dict[str, str]:
    order = order_of(number)
    if order is None:
        raise HTTPException(404, "There is no such order.")
    if order.owner != user:
        raise HTTPException(403, "This order is another customer's.")
    asked = {"files": order.files, "filename": f"Order {number}.zip"}
    return {"selection": signed(user, asked, SELECTION_KEY, SELECTION_KID)}
