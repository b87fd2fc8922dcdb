"""The command `longhaul open`: the page in a browser."""

import os
import sys

import click

from longhaul.cli.jobnames import JobName, optional_job_argument
from longhaul.cli.options import Run, common


@click.command(name="open", short_help="Open the page in a browser.")
@optional_job_argument
@common
def open_page(run: Run, job: JobName | None) -> None:
    """Open the page: that of JOB, or the one with your exports.

    Where there is no browser, and in a pipe, it prints the page's URL instead.
    """
    place = ((job and job.url) or run.api()).rstrip("/")
    url = f"{place}/"
    if job:
        ticket = f"?ticket={job.ticket}" if job.ticket else ""
        url = f"{place}/#/jobs/{job.job_id}{ticket}"
    is_opened = not run.is_json and sys.stdout.isatty() and opened(url)
    if is_opened:
        # Of a share link, the ticket is a secret: the terminal keeps what it shows.
        run.screen.say(f"Opened {url.partition('?ticket=')[0]}")
    elif run.is_json:
        run.print_json({"url": url})
    else:
        run.print(url)


def opened(url: str) -> bool:
    """Opens the URL in a browser. Returns False if there is none here that has a window."""
    import webbrowser

    has_display = sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    return has_display and webbrowser.open(url)
