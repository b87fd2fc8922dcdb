"""Who may use a stack, and for which files: read from the environment, and checked.

Each value is a parameter of the template, and by it a setting of the functions.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Literal, cast, get_args

from chalicelib import settings
from chalicelib.named_sources import Source
from infra import config, named_sources
from infra.errors import AccessError
from infra.targets import Target
from infra.template import PARAMETER_OF

Way = Literal["none", "jwt", "iam"]

AUTH_VARIABLE: Final = "AUTH"
PUBLIC_VARIABLE: Final = "I_KNOW_IT_IS_PUBLIC"
SELECTIONS_VARIABLE: Final = "SELECTION_KEYS"

_PUBLIC_COMMAND: Final = (
    f"AUTH=none {PUBLIC_VARIABLE}=yes SOURCE_PREFIX=downloads/ make up TARGET=aws"
)

THREE_WAYS: Final = f"""\
Say who may use the stack: on AWS, AUTH has no default. There are three ways.

  jwt   People sign in at your OpenID provider: Cognito, Keycloak, Auth0, Entra, …
        AUTH=jwt JWT_ISSUER=https://… JWT_AUDIENCE=… make up TARGET=aws
        Or they sign in at your own site, and its backend signs what each may have.
        AUTH=jwt SELECTION_KEYS=make make up TARGET=aws

  iam   Services sign their requests with AWS credentials (SigV4).
        AUTH=iam make up TARGET=aws

  none  Anybody who knows the URL can list and export all files below a prefix.
        {_PUBLIC_COMMAND}

docs/configuration.md has the details. Nothing was deployed."""

VARIABLE_OF: Final = {
    "auth": AUTH_VARIABLE,
    "issuer": "JWT_ISSUER",
    "audience": "JWT_AUDIENCE",
    "client_id": "JWT_CLIENT_ID",
    "scope": "JWT_SCOPE",
    "user_claim": "JWT_USER_CLAIM",
    "user_prefix": "USER_PREFIX",
    "admin_claim": "ADMIN_CLAIM",
    "source_prefix": "SOURCE_PREFIX",
    "sources": named_sources.VARIABLE,
}
"""The environment variable of each field of `Access`."""


@dataclass(frozen=True)
class Access:
    """Who may use a stack, and for which files. docs/configuration.md explains each field.

    With `jwt` and no `issuer`, a local target gets a local issuer (`infra.issuer`).
    """

    auth: Way = "none"
    issuer: str = ""
    audience: str = ""
    client_id: str = ""
    scope: str = "openid"
    user_claim: str = "sub"
    user_prefix: str = ""
    admin_claim: str = ""
    source_prefix: str = ""
    sources: str = ""
    """JSON in one line (infra/named_sources.py); empty: only the stack's own bucket."""

    def parameters(self) -> dict[str, str]:
        """Returns the values of the template's parameters."""
        return {
            PARAMETER_OF[variable]: getattr(self, field) for field, variable in VARIABLE_OF.items()
        }

    def in_words(self, local_issuer: str | None, *, takes_selections: bool = False) -> str:
        """Returns who may use the stack, in a few words."""
        files = f"the files below {self.source_prefix}" if self.source_prefix else "all files"
        if self.sources:
            names = [source["name"] for source in json.loads(self.sources)]
            files = f"the files of {', '.join(names)}"
        if self.auth == "none":
            return f"everybody who reaches it, for {files} (AUTH=none)"
        if self.auth == "iam":
            return f"callers who sign with AWS credentials, for {files} (AUTH=iam)"
        if not (local_issuer or self.issuer):
            return f"those whose selection your backend has signed, for {files} (AUTH=jwt)"
        own = f" below their own {self.user_prefix}" if self.user_prefix else ""
        also = ", and whose selection your backend has signed" if takes_selections else ""
        return f"users of {local_issuer or self.issuer}, for {files}{own}{also} (AUTH=jwt)"


def way(environment: Mapping[str, str], target: Target) -> Way:
    """Returns the way that the environment chooses. On a local target, the default is `none`.

    Raises AccessError if it chooses none on AWS, or one that there is not.
    """
    chosen = environment.get(AUTH_VARIABLE)
    if not chosen:
        if not target.is_local:
            raise AccessError(THREE_WAYS)
        # Otherwise a stack would be open, and somebody would believe that it is not.
        for variable in ("JWT_ISSUER", "JWT_AUDIENCE"):
            if environment.get(variable):
                raise AccessError(f"{variable} is set, but AUTH is not. Say AUTH=jwt or AUTH=none.")
        return "none"
    if chosen not in get_args(Way):
        raise AccessError(f"{AUTH_VARIABLE} must be jwt, iam or none, not {chosen!r}")
    public = environment.get(PUBLIC_VARIABLE, "")
    if chosen == "none" and not target.is_local and public != "yes":
        said = f"{PUBLIC_VARIABLE} is {public!r}. " if public else ""
        raise AccessError(
            "With AUTH=none, anybody who knows the URL can list and export the source files, and "
            f"you pay. {said}If you want that: {_PUBLIC_COMMAND}"
        )
    return cast("Way", chosen)


def chosen(
    environment: Mapping[str, str], target: Target, known: Mapping[str, str] | None = None
) -> Access:
    """Returns what the environment says. `known` has values for variables that it does not have.

    A variable that is empty has its default. Raises AccessError, with the variable and its value.
    """
    known = known or {}
    values: dict[str, str] = {}
    for field in fields(Access)[1:]:
        variable = VARIABLE_OF[field.name]
        values[field.name] = environment.get(variable, known.get(variable, "")) or str(
            field.default
        )
    values["sources"] = named_sources.read(values["sources"])
    access = Access(auth=way(environment, target), **values)
    check(access, target, known.get(SELECTIONS_VARIABLE, ""))
    return access


def check(access: Access, target: Target, kept_selections: str = "") -> None:
    """Raises AccessError for what may not be deployed to the target, with the variable's value.

    `kept_selections` is the stack's SELECTION_KEYS: it stays if the environment does not have it.
    """
    selections = os.environ.get(SELECTIONS_VARIABLE, kept_selections)
    values = {variable: getattr(access, field) for field, variable in VARIABLE_OF.items()}
    for variable, value in values.items():
        if value != value.strip() or not value.isprintable():
            raise AccessError(f"{variable} has a space at an end, or a line break: {value!r}")
    sources = named_sources.of(access.sources, _defaults(access, target))
    if access.auth == "none" and not target.is_local:
        _check_public(access, target, sources)
    if access.auth == "jwt":
        _check_issuer(access, target, selections)
    if access.auth == "iam" and access.user_prefix:
        raise AccessError(
            f"USER_PREFIX is {access.user_prefix!r}, but with AUTH=iam there are no claims of a "
            "token. Set it to nothing: USER_PREFIX="
        )
    # The functions would refuse the same values, but only when they start.
    place = dict.fromkeys(config.PLACES, "-")
    place[SELECTIONS_VARIABLE] = selections
    if target.is_local:
        place["AWS_ENDPOINT_URL"] = "http://127.0.0.1"
        if access.auth == "jwt" and not access.issuer:
            values |= {"JWT_ISSUER": place["AWS_ENDPOINT_URL"], "JWT_AUDIENCE": "-"}
    try:
        settings.load(place | values)
    except settings.SettingsError as error:
        raise AccessError(str(error)) from None


def _defaults(access: Access, target: Target) -> dict[str, str]:
    """Returns what a source has that does not say it itself, by the variables' names."""
    return {**config.settings_of(target.stage), "SOURCE_PREFIX": access.source_prefix}


def _check_public(access: Access, target: Target, sources: Sequence[Source]) -> None:
    for source in sources:
        if not source.prefix:
            raise AccessError(
                "With AUTH=none, each source must have a prefix, the folder that is public. "
                f"SOURCES has {source.name!r} without one."
            )
    if sources:
        return  # no file by id lies outside of the prefix
    if not access.source_prefix:
        raise AccessError(
            "With AUTH=none, SOURCE_PREFIX must name the folder that is public, such as "
            f"downloads/. {_PUBLIC_COMMAND}"
        )
    # SOURCE_PREFIX does not bound files that are asked for by their ids.
    by_id = config.settings_of(target.stage).get("SOURCE_KEY_TEMPLATE", "downloads/{file_id}")
    if not by_id.startswith(access.source_prefix):
        raise AccessError(
            f"With AUTH=none, all that is public must lie below SOURCE_PREFIX, which is "
            f"{access.source_prefix!r}. Files by id lie elsewhere: SOURCE_KEY_TEMPLATE in "
            f".chalice/config.json is {by_id!r}. Change one of them."
        )


def _check_issuer(access: Access, target: Target, selections: str) -> None:
    given = {"JWT_ISSUER": access.issuer, "JWT_AUDIENCE": access.audience}
    if target.is_local and not access.issuer:
        for variable, value in (given | {"JWT_CLIENT_ID": access.client_id}).items():
            if value:
                raise AccessError(
                    f"{variable} is {value!r}, but JWT_ISSUER is not set. Set both, or none of "
                    "them: then a local issuer is started."
                )
        return
    if not access.issuer and selections:
        return  # selections and tickets alone prove who calls
    if missing := [variable for variable, value in given.items() if not value]:
        raise AccessError(
            f"With AUTH=jwt, {' and '.join(missing)} must be set: whose tokens are taken, and what "
            "they are issued for. AUTH=jwt JWT_ISSUER=https://… JWT_AUDIENCE=… make up"
            f"{target.option}"
        )
