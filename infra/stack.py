"""Brings a whole stack up and down: emulator, package, upload, deployment."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from infra import (
    bucket,
    canary,
    config,
    emulators,
    environments,
    fixed_address,
    issuer,
    loss,
    mail,
    named_sources,
    outputs,
    package,
    parameters,
    preflights,
    refusals,
    targets,
    telemetry,
    template,
    wheels,
)
from infra.access import SELECTIONS_VARIABLE, Access, check
from infra.bucket import DeploymentBucket
from infra.console import Note, say, step
from infra.deploy import Stack
from infra.errors import EmulatorError, NotDeployedError
from infra.named_sources import Named
from infra.outputs import Outputs
from infra.package import Package
from infra.paths import REPOSITORY, STATE
from infra.targets import Target
from infra.template import AUTH_PARAMETER, CODE_BUCKET, CODE_KEY, PARAMETER_OF, Template

EVERYBODY = Access()
"""What a local target allows if nothing else was said."""


def state_directory(target: Target) -> Path:
    """Returns the directory where this checkout keeps what it knows of the target."""
    return STATE / target.name


USUAL_URL = "http://127.0.0.1:4566/_aws/execute-api/longhaul-local/api"
"""What the command line asks if nobody has named a stack."""


def say_address(target: Target, outputs: Outputs) -> None:
    """Says how the command line gets to know the address of a local stack, if it has to be told."""
    if target.is_local and outputs.api_url != USUAL_URL:
        say(f"longhaul asks another address, until you say: export LONGHAUL_URL={outputs.api_url}")


def up(  # noqa: PLR0913 - what is deployed, and where
    target: Target,
    state: Path,
    stack_name: str,
    *,
    access: Access = EVERYBODY,
    enforce_iam: bool = False,
    settings: Mapping[str, str] | None = None,
    sources: Path = REPOSITORY,
) -> Outputs:
    """Starts the target if it is an emulator, deploys, and stores and returns the outputs.

    `access` says who may use the stack; with `jwt` and no issuer, a local target gets a local one.
    `settings` replace those in .chalice/config.json. `sources` is the folder with the app.
    """
    before = {} if target.is_local else Stack(target, stack_name).parameters()
    check(access, target, before.get(parameters.SELECTIONS_PARAMETER, ""))
    parameters.operators(target, before)  # A mistake is said before an emulator is started.
    started = emulators.started(target, state, enforce_iam=enforce_iam)
    stack = Stack(started, stack_name)
    access = _with_issuer(access, started, state)
    given = parameters.values(started, stack_name, access, settings, before)
    architecture = parameters.architecture_of(given)
    named = _named_sources(target, given, settings)
    with step("Package") as note:
        needs = wheels.needed(
            checks_tokens=given[AUTH_PARAMETER] == "jwt", ships_telemetry=telemetry.ships(given)
        )
        machine = emulators.machine(started, state, architecture) if needs else None
        built = package.build(state / "package", sources, machine=machine, needs=needs)
        note(f"{built.code.stat().st_size / 1e6:.1f} MB, {built.digest[:8]}")
    with step("Deploy") as note:
        note("uploading")
        completed = template.complete(built.template, architecture=architecture, named=named)
        document = _written(started, stack_name, completed, settings)
        completed = json.loads(document)
        store, where = _upload(started, built)
        chosen = template.parameters(completed, {**given, **where})
        canary.check_change(target, chosen, stack.parameters())
        chosen |= canary.release(completed, chosen, stack.parameters(), datetime.now(UTC))
        environments.check(completed, chosen)
        if started.name == "ministack":
            _step_aside(store, stack, completed, chosen, note)
        changed = stack.deploy(_stored(store, document), chosen, note)
        stack.protect(on=parameters.is_protected(chosen))
        made = stack.outputs()
        if target.name == "ministack":
            preflights.install(started, made["RestAPIId"], preflights.answers(completed))
            stage = made["ApiUrl"].rstrip("/").rpartition("/")[2]
            signed = given[AUTH_PARAMETER] == "iam"
            refusals.install(started, made["RestAPIId"], stage, signed=signed)
        if target.is_local and (sender := chosen.get("MailFrom")):
            mail.allow_sender(started, sender)
        if not changed:
            note("nothing has changed")
    if left_out := canary.limits(target, chosen):
        say(left_out)
    found = _outputs(started, state, stack)
    (state / "outputs.json").write_text(found.to_json() + "\n")
    return found


def down(target: Target, state: Path, stack_name: str) -> bool:
    """Stops an emulator that we started, with all that it holds. Elsewhere, deletes the stack.

    On AWS the source bucket stays. Returns False if the emulator was not running. Raises
    ProtectedError if the stack is protected from deletion.
    """
    if target.is_local:
        issuer.stop(state)
    if emulators.is_ours(target, state):
        was_up = emulators.stop(target, state)
    elif target.is_local:
        try:
            found = emulators.found(target, state)
            _delete(found, stack_name)
        except NotDeployedError:
            was_up = False
        else:
            was_up = True
        emulators.stop(target, state)
    else:
        _delete(target, stack_name)
        was_up = True
    (state / "outputs.json").unlink(missing_ok=True)
    return was_up


def deployed(target: Target, state: Path, stack_name: str) -> Outputs:
    """Returns the outputs of the stack as it is now.

    Raises NotDeployedError if the stack or its emulator is not up.
    """
    found = emulators.found(target, state)
    return _outputs(found, state, Stack(found, stack_name))


def variables(target: Target, stack_name: str) -> dict[str, str]:
    """Returns who may use the stack on AWS as it is now, by the names of environment variables.

    What the stage's settings say (.chalice/config.json) wins. Without a stack, there is only that.
    """
    said = template.setting_parameters(config.settings_of(target.stage))
    known = {**Stack(target, stack_name).parameters(), **said}
    return {
        variable: known[parameter]
        for variable, parameter in {
            **PARAMETER_OF,
            SELECTIONS_VARIABLE: parameters.SELECTIONS_PARAMETER,
        }.items()
        if parameter in known
    }


@contextmanager
def running(
    state: Path,
    *,
    access: Access = EVERYBODY,
    enforce_iam: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Outputs]:
    """Runs a stack on a MiniStack of its own while the body runs.

    Its files are in `state`, and its port is a free one. So it does not touch what already runs.
    With `enforce_iam`, each Lambda function may do only what its IAM policy allows.
    `access` and `settings` are those of `up`.
    """
    target = targets.named("ministack")
    name = target.usual_stack
    try:
        yield up(target, state, name, access=access, enforce_iam=enforce_iam, settings=settings)
    finally:
        down(target, state, name)


def _with_issuer(access: Access, target: Target, state: Path) -> Access:
    """Returns `access` with an issuer. Starts a local one if a local target needs it."""
    if access.auth != "jwt" or access.issuer or not target.is_local:
        return access
    if not emulators.share_our_loopback(target, state):
        raise EmulatorError(
            "This LocalStack runs its functions in containers, which do not reach an issuer on "
            "this machine. Name one that they reach, with JWT_ISSUER and JWT_AUDIENCE, or use "
            "another target: make up AUTH=jwt TARGET=ministack"
        )
    with step("Start issuer") as note:
        url = issuer.start(state)
        note(url)
    return replace(access, issuer=url, audience=issuer.AUDIENCE, client_id=issuer.CLIENT_ID)


def _named_sources(
    target: Target, given: Mapping[str, str | None], settings: Mapping[str, str] | None
) -> Named | None:
    """Returns the sources of SOURCES. Also those of an earlier command are checked again: what they
    do not say themselves may be another one now."""
    defaults = {**config.settings_of(target.stage), **(settings or {})}
    defaults["SOURCE_PREFIX"] = given.get(PARAMETER_OF["SOURCE_PREFIX"]) or ""
    return named_sources.named(given.get(named_sources.PARAMETER) or "", defaults)


def _outputs(target: Target, state: Path, stack: Stack) -> Outputs:
    local_issuer = issuer.url(state) if target.is_local else None
    values, given = stack.outputs(), stack.parameters()
    return outputs.of_stack(target, stack.name, values, given, local_issuer=local_issuer)


def _delete(target: Target, stack_name: str) -> None:
    """Deletes the stack with its archives, and on an emulator with its source files."""
    with step("Delete") as note:
        stack = Stack(target, stack_name)
        values = stack.outputs()
        loss.check_protection(target, stack)
        s3 = target.session().client("s3")
        note("emptying the archive bucket")
        bucket.empty(s3, values["ArchiveBucket"])
        source_is_ours = stack.has("SourceBucket")
        stack.delete(note)
        if target.is_local and source_is_ours:
            # The template retains this bucket, for users of AWS. Here nobody would use it again.
            bucket.empty(s3, values["SourceBucket"])
            s3.delete_bucket(Bucket=values["SourceBucket"])


def _written(
    target: Target, stack_name: str, completed: Template, settings: Mapping[str, str] | None
) -> str:
    """Returns the template as it is deployed: that of `make template`, byte for byte, and with what
    it takes besides on an emulator, and for settings that have no parameter."""
    if own := template.without_parameter(settings or {}):
        completed = template.with_variables(completed, own)
    fixed_address.fix(completed, target.name, stack_name)
    return template.text(completed)


def _upload(target: Target, built: Package) -> tuple[DeploymentBucket, dict[str, str]]:
    """Uploads the code to where Lambda reads it. Returns the bucket, which also takes templates,
    and the parameters that say where the code is."""
    store = DeploymentBucket(target)
    store.ensure()
    code_key = f"longhaul/{built.digest}.zip"
    store.put_once(code_key, built.code.read_bytes())
    return store, {CODE_BUCKET: store.name, CODE_KEY: code_key}


def _stored(store: DeploymentBucket, document: str) -> str:
    """Stores the template, always through S3: in a request it may have 51,200 bytes only. Returns
    its URL."""
    content = document.encode()
    template_key = f"longhaul/{hashlib.sha256(content).hexdigest()[:32]}.json"
    store.put_once(template_key, content)
    return store.url(template_key)


def _step_aside(
    store: DeploymentBucket,
    stack: Stack,
    completed: Template,
    chosen: Mapping[str, str],
    note: Note,
) -> None:
    """Makes room for an API whose definition changes, where that takes a deployment of its own."""
    moved = fixed_address.aside(completed, chosen, stack.template(), stack.parameters())
    if moved is not None:
        stack.deploy(_stored(store, template.text(moved)), chosen, note)
