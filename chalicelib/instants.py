"""Times as texts. Pure."""

from datetime import UTC, datetime


def iso(moment: int) -> str:
    """Returns the time in RFC 3339, in UTC, to the millisecond. `moment` is Unix time in ms."""
    return (
        datetime.fromtimestamp(moment / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
