"""Brings a whole stack up and down: emulator, package, upload, deployment."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra import bucket, emulators, outputs, package, parameters, preflights, targets, template
from infra.bucket import DeploymentBucket
from infra.console import step
from infra.deploy import Stack
from infra.errors import NotDeployedError
from infra.outputs import Outputs
from infra.package import Package
from infra.paths import REPOSITORY, STATE
from infra.targets import Target
from infra.template import Template


def state_directory(target: Target) -> Path:
    """Returns the directory where this checkout keeps what it knows of the target."""
    return STATE / target.name


def default_name(target: Target) -> str:
    """Returns the stack's name for a user who chooses none."""
    return f"longhaul-{target.stage}"


def up(  # noqa: PLR0913 - what is deployed, and where
    target: Target,
    state: Path,
    stack_name: str,
    *,
    enforce_iam: bool = False,
    settings: Mapping[str, str] | None = None,
    sources: Path = REPOSITORY,
) -> Outputs:
    """Starts the target if it is an emulator, deploys, and stores and returns the outputs.

    `settings` replace those in .chalice/config.json. `sources` is the folder with the app.
    """
    started = emulators.started(target, state, enforce_iam=enforce_iam)
    with step("Package") as note:
        built = package.build(started, state / "package", sources)
        note(f"{built.code.stat().st_size / 1e6:.1f} MB, {built.digest[:8]}")
    stack = Stack(started, stack_name)
    with step("Deploy") as note:
        note("uploading")
        completed, template_url = _upload(started, built, settings)
        values = parameters.values(started, stack_name, settings)
        chosen = template.parameters(completed, values)
        changed = stack.deploy(template_url, chosen, note)
        made = stack.outputs()
        if target.name == "ministack":
            preflights.install(started, made["RestAPIId"], preflights.answers(completed))
        if not changed:
            note("nothing has changed")
    deployed = outputs.of_stack(started, stack_name, made)
    (state / "outputs.json").write_text(deployed.to_json() + "\n")
    return deployed


def down(target: Target, state: Path, stack_name: str) -> bool:
    """Stops an emulator that we started, with all that it holds. Elsewhere, deletes the stack.

    On AWS the source bucket stays. Returns False if the emulator was not running.
    """
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
    return outputs.of_stack(found, stack_name, Stack(found, stack_name).outputs())


@contextmanager
def running(
    state: Path, *, enforce_iam: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[Outputs]:
    """Runs a stack on a MiniStack of its own while the body runs.

    Its files are in `state`, and its port is a free one. So it does not touch what already runs.
    With `enforce_iam`, each Lambda function may do only what its IAM policy allows.
    `settings` replace those in .chalice/config.json.
    """
    target = targets.named("ministack")
    try:
        yield up(target, state, default_name(target), enforce_iam=enforce_iam, settings=settings)
    finally:
        down(target, state, default_name(target))


def _delete(target: Target, stack_name: str) -> None:
    """Deletes the stack with its archives, and on an emulator with its source files."""
    with step("Delete") as note:
        stack = Stack(target, stack_name)
        values = stack.outputs()
        s3 = target.session().client("s3")
        note("emptying the archive bucket")
        bucket.empty(s3, values["ArchiveBucket"])
        source_is_ours = stack.has("SourceBucket")
        stack.delete(note)
        if target.is_local and source_is_ours:
            # The template retains this bucket, for users of AWS. Here nobody would use it again.
            bucket.empty(s3, values["SourceBucket"])
            s3.delete_bucket(Bucket=values["SourceBucket"])


def _upload(
    target: Target, built: Package, settings: Mapping[str, str] | None
) -> tuple[Template, str]:
    """Uploads code and template to where CloudFormation reads them. Returns template and URL."""
    store = DeploymentBucket(target)
    store.ensure()
    code_key = f"longhaul/{built.digest}.zip"
    store.put_once(code_key, built.code.read_bytes())
    completed = template.complete(
        built.template, code_bucket=store.name, code_key=code_key, settings=settings
    )
    # Always through S3: in the request itself, a template may have 51,200 bytes only.
    document = json.dumps(completed, sort_keys=True).encode()
    template_key = f"longhaul/{hashlib.sha256(document).hexdigest()[:32]}.json"
    store.put_once(template_key, document)
    return completed, store.url(template_key)
