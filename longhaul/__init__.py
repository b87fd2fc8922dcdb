"""A client for Longhaul, which turns slow downloads into jobs.

    from longhaul import Client, download

    with Client("https://api.example.com/prod") as client:
        accepted = client.create(file_ids=[10001, 10002])
        for job in client.watch(accepted.job_id):
            print(job.progress.percent)
        saved = download(client, job, "out.zip")

Everything that can go wrong is one hierarchy under `LonghaulError`, in `longhaul.errors`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from longhaul.answers import (
        Accepted,
        Availability,
        Checked,
        Estimate,
        Folder,
        Job,
        Link,
        Listing,
        NewShare,
        Notification,
        Problem,
        Progress,
        Result,
        Selected,
        Share,
        Skipped,
        SourceFile,
        Totals,
        Volume,
    )
    from longhaul.client import Client
    from longhaul.errors import LonghaulError
    from longhaul.transfer import Saved, download, download_all
    from longhaul.wanted import Notify, Wanted

    __version__: str

__all__ = [
    "Accepted",
    "Availability",
    "Checked",
    "Client",
    "Estimate",
    "Folder",
    "Job",
    "Link",
    "Listing",
    "LonghaulError",
    "NewShare",
    "Notification",
    "Notify",
    "Problem",
    "Progress",
    "Result",
    "Saved",
    "Selected",
    "Share",
    "Skipped",
    "SourceFile",
    "Totals",
    "Volume",
    "Wanted",
    "__version__",
    "download",
    "download_all",
]

_HOMES: Final = {
    "Client": "client",
    "LonghaulError": "errors",
    "Notify": "wanted",
    "Saved": "transfer",
    "Wanted": "wanted",
    "download": "transfer",
    "download_all": "transfer",
}


def __getattr__(name: str) -> object:
    """Imports a public name at its first use: `longhaul --help` then loads no HTTP library."""
    if name == "__version__":
        from longhaul.version import version

        return version()
    if name not in __all__:
        raise AttributeError(f"module 'longhaul' has no attribute {name!r}")
    return getattr(import_module(f"longhaul.{_HOMES.get(name, 'answers')}"), name)
