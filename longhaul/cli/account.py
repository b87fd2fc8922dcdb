"""The commands for who you are: login, logout, whoami."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from longhaul.cli import access, exits, words
from longhaul.cli.options import Run, common
from longhaul.cli.screen import echo
from longhaul.errors import LonghaulError, NotSignedIn, SignInFailed
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.issuer import Device
    from longhaul.keeping import SignIn
    from longhaul.signin import Offer

_NAMES = ("preferred_username", "email", "username", "cognito:username", "name")
"""The claims that people know a user by, besides `sub`."""


@click.command(short_help="Sign in at the API.")
@click.option("--open", "is_opened", is_flag=True, help="Open the page in a browser.")
@common
def login(run: Run, *, is_opened: bool) -> None:
    """Sign in at the API: open the page that it prints, on any device, and enter the code.

    The sign-in is kept for this API, and renewed while its issuer allows it. LONGHAUL_TOKEN goes
    before it.
    """
    from longhaul import signin
    from longhaul.http import Network
    from longhaul.keeping import Keeper
    from longhaul.retries import Retries
    from longhaul.session import checked_url

    try:
        api = checked_url(run.api())
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    network, keeper = Network(), Keeper()
    retries = Retries(run.patience, run.screen.notice)
    try:
        with keeper.locked():
            keeper.read(api)  # If nothing can be kept there, say it before somebody signs in.
        offer = signin.offer_of(network, retries, api)
        device = retries.keep_trying(lambda: signin.begin(network, offer))
        _invite(offer, device, is_opened=is_opened)
        found = signin.wait(network, retries, offer, device)
        with keeper.locked():
            place = keeper.write(api, found)
    finally:
        network.close()
    facts = _facts(api, found.access_token, found)
    run.screen.say(f"Signed in as {_who(facts)}, {_until(found)}. Kept in {place}.")
    if access.given_token():
        run.screen.say(f"But {access.VARIABLE} is set, and goes before it.")
    if run.is_json:
        run.print_json(facts)


def _invite(offer: "Offer", device: "Device", *, is_opened: bool) -> None:
    """Says where to confirm the sign-in. Also with --quiet: nobody could sign in without it."""
    page, whole = device.verification_uri, device.verification_uri_complete
    echo(f"To sign in at {offer.api}, open this page of {shown(offer.provider.issuer)}:")
    echo(f"  {shown(page)}")
    echo(f"and enter the code {click.style(shown(device.user_code), bold=True)}")
    if whole:
        echo(f"or open this one, and compare the code:\n  {shown(whole)}")
    if is_opened:
        import webbrowser

        if not webbrowser.open(whole or page):
            echo("No browser could be opened here.")


@click.command(short_help="Sign out, and forget the tokens.")
@common
def logout(run: Run) -> None:
    """Sign out at the API: forget its tokens here, and revoke them at their issuer."""
    from longhaul import signin
    from longhaul.http import Network
    from longhaul.keeping import Keeper

    api, network = run.api().rstrip("/"), Network()
    try:
        was_signed_in, why = signin.sign_out(network, Keeper(), api)
    finally:
        network.close()
    run.screen.say("Signed out." if was_signed_in else f"Nobody was signed in at {api}.")
    if why:
        run.screen.say(shown(f"The tokens were not revoked, and work until they expire: {why}"))
    if access.given_token():
        run.screen.say(f"{access.VARIABLE} is still set.")


@click.command(short_help="Show who is signed in.")
@common
def whoami(run: Run) -> int:
    """Show who is signed in at the API, and until when, as the token says.

    Nothing is asked: the API may say something else, if the token was revoked for example. Only if
    nobody is signed in, the API is asked whether it wants that.
    """
    from longhaul.keeping import Keeper

    api = run.api().rstrip("/")
    given = access.given_token()
    kept = None if given else Keeper().read(api)
    token = given or (kept.access_token if kept else None)
    if token is None:
        return _nobody(run, api)
    facts = _facts(api, token, kept)
    if run.is_json:
        run.print_json(facts)
        return exits.OK
    run.print(f"User     {_who(facts)}")
    run.print(f"API      {api}")
    run.print(f"Issuer   {shown(str(facts['issuer'] or 'unknown'))}")
    run.print(f"Until    {_moment(facts['expiresAt'])}")
    run.print(f"From     {access.VARIABLE if given else 'longhaul login'}")
    run.screen.say("This is what the token says. It was not checked here.")
    return exits.OK


def _nobody(run: Run, api: str) -> int:
    """Says that nobody is signed in. Raises NotSignedIn, unless nobody has to be."""
    from longhaul.answers import Problem
    from longhaul.client import Client

    offers_login = _offers_login(api)
    if not offers_login:
        with suppress(LonghaulError, ValueError), Client(api, patience=0) as client:
            client.estimate(files=1, size=1)  # What costs least, of all that needs a sign-in.
            run.screen.say(f"Nobody is signed in at {api}, and nobody has to be.")
            return exits.DENIED
    error = NotSignedIn(Problem(title="You are not signed in", status=401))
    error.api, error.offers_login = api, offers_login
    raise error


def _offers_login(api: str) -> bool:
    """Whether one can sign in at the API. If it does not answer at once, that may be."""
    from longhaul import issuer
    from longhaul.http import Network

    network = Network()
    try:
        issuer.resource_of(network, api)
    except SignInFailed:
        return False
    except (LonghaulError, ValueError):
        return True
    finally:
        network.close()
    return True


def _facts(api: str, token: str, kept: "SignIn | None") -> dict[str, Any]:
    """Returns what a token says, unchecked, with the names of `--json`."""
    from longhaul import signin

    claims = signin.claims_of(token)
    end = claims.get("exp") if kept is None else kept.expires_at
    return {
        "api": api,
        "sub": claims.get("sub"),
        "name": next((claims[name] for name in _NAMES if claims.get(name)), None),
        "issuer": claims.get("iss") or (kept.issuer if kept else None),
        "expiresAt": _iso(end),
        "renewable": bool(kept and kept.refresh_token),
        "from": "login" if kept else access.VARIABLE,
    }


def _who(facts: dict[str, Any]) -> str:
    name, sub = facts["name"], facts["sub"]
    if name and name != sub:
        return shown(f"{name} ({sub})")
    return shown(str(sub or "unknown: the token is not a JWT"))


def _until(sign_in: "SignIn") -> str:
    if sign_in.refresh_token:
        return "renewed when needed"
    if sign_in.expires_at is None:
        return "until the API says no"
    return f"until {words.moment(datetime.fromtimestamp(sign_in.expires_at, UTC))}"


def _iso(seconds: object) -> str | None:
    """Returns the moment in the form of RFC 3339; None for what is no moment."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return None


def _moment(text: str | None) -> str:
    return words.moment(datetime.fromisoformat(text)) if text else "unknown"
