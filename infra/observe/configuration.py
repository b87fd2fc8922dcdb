"""The files that Prometheus, Grafana, Loki and Jaeger read while `make observe` runs."""

import json
import os
import shutil
from pathlib import Path
from typing import Final

from infra.alerts import choices, rules

FOLDER: Final = Path(__file__).parent
"""Where our own are. compose.yml names the folders below it."""

_OF: Final = ("grafana", "jaeger", "loki", "prometheus")
_READABLE_FOLDER, _READABLE_FILE = 0o755, 0o644


def write(run: Path, shipper: str) -> Path:
    """Copies all of it into a folder of this run. Returns the folder.

    `shipper` is HOST:PORT, as Prometheus reaches the shipper. In a container each program has a
    user of its own, who must be able to read them, whatever this user's umask is. The alert of
    spending has the limit of SPEND_LIMIT. Raises DeployError if that is no sum.
    """
    folder = run / "configuration"
    for name in _OF:
        shutil.copytree(FOLDER / name, folder / name, dirs_exist_ok=True)
    targets = [{"targets": [shipper], "labels": {"instance": "longhaul"}}]
    (folder / "prometheus" / "targets.json").write_text(json.dumps(targets))
    limit = choices.spend_limit(os.environ.get("SPEND_LIMIT", ""))
    (folder / "prometheus" / "alerts.yml").write_text(rules.written(limit))
    for path in (folder, *folder.rglob("*")):
        path.chmod(_READABLE_FOLDER if path.is_dir() else _READABLE_FILE)
    return folder
