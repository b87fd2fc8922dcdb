"""Writes Prometheus' rules: `python -m infra.alerts`. With --print it prints them, for the limit of
SPEND_LIMIT, and with --costs the table of what it costs to watch a stack on AWS."""

import os
import sys

import click

from infra.alerts import rules, spend, watching
from infra.alerts.choices import spend_limit
from infra.console import complain
from infra.errors import InfraError


@click.command()
@click.option("--print", "shown", is_flag=True, help="Print the rules, with SPEND_LIMIT.")
@click.option("--costs", is_flag=True, help="Print what watching costs on AWS.")
def main(*, shown: bool, costs: bool) -> None:
    """Writes infra/observe/prometheus/alerts.yml."""
    try:
        limit = spend_limit(os.environ.get("SPEND_LIMIT", ""))
    except InfraError as error:
        complain(str(error))
        sys.exit(2)
    if costs:
        click.echo(watching.table())
    elif shown:
        click.echo(rules.written(limit), nl=False)
    else:
        # What is committed is for everybody.
        rules.COMMITTED.write_text(rules.written(spend.LIMIT))


if __name__ == "__main__":
    main()
