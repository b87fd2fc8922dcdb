"""Where things are in the repository."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
RESOURCES = REPOSITORY / "infra" / "resources.yaml"
CHALICE_CONFIG = REPOSITORY / ".chalice" / "config.json"
STATE = REPOSITORY / ".longhaul"
"""All that a run leaves behind. Git ignores it, and it can be deleted when nothing runs."""
SCENARIO = STATE / "scenario"
"""What `make scenario` leaves behind: its stack's state, and its picture."""
