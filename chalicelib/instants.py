"""Times as texts. Pure."""

from datetime import UTC, datetime


def iso(moment: int) -> str:
    """Returns the time in RFC 3339, in UTC, to the millisecond. `moment` is Unix time in ms."""
    return (
        datetime.fromtimestamp(moment / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def seconds(count: int | str) -> str:
    """Returns a number of seconds in words: 1 second, 5 seconds."""
    return f"{count} second{'' if int(count) == 1 else 's'}"
