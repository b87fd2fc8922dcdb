"""The command line: `python -m infra COMMAND`. The Makefile has a target for each command."""

import json
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape

from infra import (
    access,
    announcements,
    credentials,
    emulators,
    issuer,
    logs,
    loss,
    mail,
    selection_key,
    stack,
    targets,
)
from infra.checksums import fill
from infra.console import complain, counted, say, step
from infra.demo import samples
from infra.deploy import Stack
from infra.erase import erase
from infra.errors import AccessError, AccountError, DeployError, InfraError, NotDeployedError
from infra.observe import runs
from infra.paths import SCENARIO
from infra.redrive import SINCE, redrive, services_of
from infra.targets import TARGET_NAMES, Target, TargetName

_LOG_MINUTES = 10.0
_JOB_LOG_MINUTES = 24 * 60.0
"""Users ask about a job hours later."""


@dataclass(frozen=True)
class Place:
    """Which stack a command is about."""

    target: Target
    state: Path
    stack_name: str


class _Commands(click.Group):
    """The commands. What is wrong with the AWS account is said in the same words by each."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (BotoCoreError, ClientError) as error:
            place: Place | None = context.obj
            if place is None or place.target.is_local:
                raise
            if (reason := credentials.explained(error, place.target.region)) is None:
                raise
            raise AccountError(reason) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--target",
    "target_name",
    metavar="NAME",
    callback=lambda _, __, name: _known(name),
    default="ministack",
    envvar="TARGET",
    show_default=True,
    show_envvar=True,
    help="Where the stack runs: ministack, localstack or aws.",
)
@click.option(
    "--stack-name",
    envvar="STACK_NAME",
    show_envvar=True,
    help="The stack's name.  [default: longhaul-STAGE]",
)
@click.pass_context
def cli(context: click.Context, target_name: TargetName, stack_name: str | None) -> None:
    """Deploys Longhaul, and says where it is."""
    if context.invoked_subcommand == "up":
        # The first thing to say, also where the region is not said yet.
        access.way(os.environ, Target(target_name, "", ""))
    target = targets.named(target_name)
    name = stack_name or target.usual_stack
    context.obj = Place(target, stack.state_directory(target), name)


@cli.command()
@click.option(
    "--enforce-iam", is_flag=True, help="Let MiniStack enforce the functions' IAM policies."
)
@click.pass_obj
def up(place: Place, *, enforce_iam: bool) -> None:
    """Start the target and deploy; after a change, deploy again.

    The environment says who may use the stack: AUTH, and what it needs (docs/configuration.md).
    """
    # What the command lacks is said before AWS is asked for anything.
    access.way(os.environ, place.target)
    known = {}
    if not place.target.is_local:
        _check_account(place.target)
        known = stack.variables(place.target, place.stack_name)
    chosen = access.chosen(os.environ, place.target, known)
    outputs = stack.up(
        place.target, place.state, place.stack_name, access=chosen, enforce_iam=enforce_iam
    )
    with_selections = outputs.selection_keys is not None
    say(f"Open to {chosen.in_words(outputs.issuer_url, takes_selections=with_selections)}")
    told = announcements.in_words(outputs.event_bus, outputs.webhook_hosts, outputs.mail_from)
    say(f"Tells of jobs: {escape(told)}")
    if place.target.is_local and samples.are_wanted(place.target, outputs):
        seed = f"make seed{place.target.options(place.stack_name)}"
        say(f"Its bucket has no files. Put sample files there: {escape(seed)}")
    stack.say_address(place.target, outputs)
    say(f"[bold]Open the page:[/] {outputs.api_url}/")


@cli.command(name="seed")
@click.pass_obj
def put_samples(place: Place) -> None:
    """Put sample files into the source bucket of a local stack."""
    if not place.target.is_local:
        raise InfraError(
            "The sample files are for a local stack. On AWS the bucket is yours: put a file there "
            "with aws s3 cp, as s3://BUCKET/downloads/10001. make outputs has the bucket's name."
        )
    outputs = stack.deployed(place.target, place.state, place.stack_name)
    samples.put(place.target, outputs)
    say(f"[bold]Open the page:[/] {outputs.api_url}/")


@cli.command()
@click.option("--yes", metavar="NAME", help="Do not ask. NAME is the name of the stack to delete.")
@click.pass_obj
def down(place: Place, *, yes: str | None) -> None:
    """Stop the emulator and drop what it holds; on AWS, delete the stack."""
    if not place.target.is_local:
        _check_account(place.target)
        _ask_to_delete(place, yes)
    was_up = stack.down(place.target, place.state, place.stack_name)
    runs.forget(place.state)
    if not place.target.is_local:
        say(f"The stack {place.stack_name} is deleted.")
    else:
        say(f"{place.target.name} is down." if was_up else f"{place.target.name} was not running.")


@cli.command()
@click.pass_obj
def url(place: Place) -> None:
    """Print the API's base URL."""
    click.echo(stack.deployed(place.target, place.state, place.stack_name).api_url)


@cli.command()
@click.pass_obj
def outputs(place: Place) -> None:
    """Print the names and addresses of the stack as JSON."""
    click.echo(stack.deployed(place.target, place.state, place.stack_name).to_json())


@cli.command(name="logs")
@click.option(
    "--function", help="Only this one: APIHandler, Worker, Announcer, DeadLetters or Sweeper."
)
@click.option("--job", help="Only lines about this job: its id, or its traceId.")
@click.option("--since", type=float, help="Minutes to look back.  [default: 10; of a job 1440]")
@click.option("--follow/--no-follow", default=True, help="Wait for more.  [default: follow]")
@click.pass_obj
def show_logs(
    place: Place, *, function: str | None, job: str | None, since: float | None, follow: bool
) -> None:
    """Follow what the functions log."""
    minutes = since if since is not None else _JOB_LOG_MINUTES if job else _LOG_MINUTES
    mark = logs.mark_of(job) if job else ""
    stack.deployed(place.target, place.state, place.stack_name)
    target = emulators.found(place.target, place.state)
    names = logs.chosen(logs.functions(target, place.stack_name), function)
    # So that nobody takes silence for an answer that is still to come.
    to_come = ", and those to come; Ctrl-C ends this" if follow else ""
    what = (
        f"about this job in the last {minutes / 60:g} hours"
        if job
        else (f"in the last {minutes:g} minutes")
    )
    say(f"The lines {what}{to_come}.")
    try:
        for line in logs.follow(target, names, since_seconds=minutes * 60, forever=follow):
            if mark in line.message:
                click.echo(str(line))
    except KeyboardInterrupt:
        click.echo()


@cli.command(name="observe")
@click.pass_obj
def observe_stack(place: Place) -> None:
    """See inside the stack, and inside that of make scenario: metrics, dashboards, logs, traces.

    Prints where there is what to see, and goes on until Ctrl-C.
    """
    from infra.observe import command, shipper
    from infra.observe.stacks import Stacks, Wanted

    target, name, hint = place.target, place.stack_name, ""
    start = f"make up{target.option}"
    followed = [Wanted(target, place.state, name, f"{name} on {target.name}", start)]
    if not target.is_local:
        _check_account(target)
    if target.name == "ministack":
        called = "the stack of make scenario"
        followed.append(Wanted(target, SCENARIO, target.usual_stack, called))
        hint = (
            "The demonstration is beside it, in another terminal: make scenario FACTOR=1 has fast, "
            "medium and slow downloads for two minutes."
        )
    stacks = Stacks(followed, lambda text: say(escape(text)))
    command.observe(place.state, stacks, shipper.run, is_local=target.is_local, hint=hint)


@cli.command(name="mail")
@click.pass_obj
def show_mail(place: Place) -> None:
    """Show the mail that the local stack has caught."""
    if place.target.is_local:
        stack.deployed(place.target, place.state, place.stack_name)
    found = mail.caught(emulators.found(place.target, place.state))
    for one in found:
        click.echo(str(one))
    if not found:
        say(
            "There is no mail yet. A stack sends mail if it has a sender: "
            f"make up MAIL_FROM=longhaul@example.com MAIL_TO=@example.com{place.target.option}"
        )


@cli.command(name="redrive")
@click.option(
    "--since",
    default=SINCE.total_seconds() / 3600,
    show_default=True,
    help="Hours to look back for jobs that were given up.",
)
@click.pass_obj
def put_back(place: Place, *, since: float) -> None:
    """Put dead letters back, and retry the jobs that were given up."""
    if not place.target.is_local:
        _check_account(place.target)
    outputs = stack.deployed(place.target, place.state, place.stack_name)
    session = emulators.found(place.target, place.state).session()
    with step("Redrive") as note:
        redriven = redrive(session, outputs, timedelta(hours=since), note)
    click.echo(str(redriven))
    sys.exit(1 if redriven.refused else 0)


@cli.command(name="erase")
@click.option("--user", help="Whose jobs are deleted.")
@click.option("--yes", "is_sure", is_flag=True, help="On AWS: do not ask.")
@click.pass_obj
def erase_user(place: Place, *, user: str | None, is_sure: bool) -> None:
    """Delete all jobs and archives of a user, for good."""
    if user is None:
        raise InfraError(f"Say whose jobs are deleted: make erase USER=alice{place.target.option}")
    if not place.target.is_local:
        _check_account(place.target)
        question = f"Delete all jobs and archives of {user} in {place.stack_name}, for good?"
        if not is_sure:
            click.confirm(question, abort=True, err=True)
    outputs = stack.deployed(place.target, place.state, place.stack_name)
    session = emulators.found(place.target, place.state).session()
    with step("Erase") as note:
        deleted = erase(session, outputs, user, note)
    click.echo(
        f"Deleted {counted(deleted, 'job')} of {user}. If {user} could make jobs until now, run "
        "this again in a minute."
    )


@cli.command(name="checksums")
@click.argument("report", required=False)
@click.pass_obj
def fill_checksums(place: Place, report: str | None) -> None:
    """Keep the CRC-32s of a completion report of S3 Batch Operations.

    REPORT is its manifest.json or one of its CSV files: a path, or s3://BUCKET/KEY.
    """
    if report is None:
        raise InfraError(
            "Say which report: make checksums REPORT=s3://BUCKET/…/manifest.json"
            f"{place.target.option}"
        )
    if not place.target.is_local:
        _check_account(place.target)
    outputs = stack.deployed(place.target, place.state, place.stack_name)
    session = emulators.found(place.target, place.state).session()
    with step("Checksums") as note:
        services = services_of(session, outputs)
        filled = fill(services, session.client("s3"), report, note)
    click.echo(str(filled))
    sys.exit(0 if filled.taken else 1)


@cli.command()
@click.argument("user")
@click.option("--claims", default="{}", help="More claims, as a JSON object.")
@click.option("--ttl", default=issuer.ACCESS_SECONDS, show_default=True, help="Life in seconds.")
@click.pass_obj
def token(place: Place, *, user: str, claims: str, ttl: int) -> None:
    """Print an access token of the local issuer for USER."""
    if not place.target.is_local:
        raise AccessError("Tokens for AWS come from your own issuer. Local ones: make token")
    if issuer.url(place.state) is None:
        raise NotDeployedError(
            f"No local issuer is running. Start it with: make up AUTH=jwt{place.target.option}"
        )
    click.echo(issuer.token(place.state, user, seconds=ttl, **_claims(claims)))


@cli.command(name="selection-key")
@click.option("--kid", help="The key's id.  [default: that of the only key]")
@click.pass_obj
def print_selection_key(place: Place, *, kid: str | None) -> None:
    """Print the key with which your backend signs selections (docs/selections.md)."""
    outputs = stack.deployed(place.target, place.state, place.stack_name)
    session = emulators.found(place.target, place.state).session()
    click.echo(selection_key.read(session, outputs, kid))


@cli.command()
@click.pass_obj
def status(place: Place) -> None:
    """Say if the stack is up, and where its log is."""
    try:
        found = stack.deployed(place.target, place.state, place.stack_name)
    except NotDeployedError as missing:
        click.echo(str(missing))
        sys.exit(1)
    click.echo(f"{place.stack_name} is up: {found.api_url}")
    if place.target.is_local and (log := emulators.log_file(place.target, place.state)):
        click.echo(f"log: {log}")


def _known(name: str) -> str:
    """Returns the name of a target. Raises InfraError in words that fit whoever typed `make`."""
    if name not in TARGET_NAMES:
        raise InfraError(f"TARGET must be {' or '.join(TARGET_NAMES)}, not {name!r}.")
    return name


def _check_account(target: Target) -> None:
    with step("AWS account") as note:
        account = credentials.checked(target.session())
        # Set for an emulator and forgotten, it would lead elsewhere.
        elsewhere = os.environ.get("AWS_ENDPOINT_URL")
        by = f", at AWS_ENDPOINT_URL={elsewhere}" if elsewhere else ""
        note(f"{account.number} in {target.region}, as {account.arn}{by}")


def _ask_to_delete(place: Place, given: str | None) -> None:
    """Says what would be lost. Returns if the person typed the stack's name, or gave it before."""
    found = loss.of(place.target, Stack(place.target, place.stack_name))
    say(f"This deletes the stack {place.stack_name} in {place.target.region}, with")
    say(escape(str(found)))
    if given is None:
        given = click.prompt("Type the stack's name to delete it", err=True)
    if given != place.stack_name:
        raise DeployError(f"{given!r} is not the stack's name. Nothing was deleted.")


def _claims(text: str) -> dict[str, Any]:
    try:
        claims = json.loads(text)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise AccessError(f"CLAIMS must be a JSON object, not {text!r}")
    return claims


def main() -> None:
    """Runs a command. If it cannot do its work, says why in a line or two, without a traceback."""
    try:
        cli()
    except (InfraError, BotoCoreError, ClientError) as error:
        complain(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
