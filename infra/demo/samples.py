"""Puts the sample files into the source bucket of a local stack. `make seed` and `make demo` do."""

from collections.abc import Callable

from infra.demo.bar import Bar, bar, megabytes
from infra.demo.library import DemoFile, gather
from infra.demo.upload import upload
from infra.outputs import Outputs
from infra.paths import STATE
from infra.targets import Target

PLACE = STATE / "demo"
"""What the demo makes, and what it downloads."""


def put(target: Target, deployed: Outputs) -> tuple[DemoFile, ...]:
    """Uploads the sample files that the bucket lacks. Returns all of them. Raises InfraError if a
    package that they come from is not installed."""
    with bar("Files") as drawn:
        drawn.show(0, 0, "gathering")
        files = gather(PLACE / "files")
        total = sum(file.size * len(file.keys) for file in files)
        at = target.at(deployed.endpoint_url) if deployed.endpoint_url else target
        number = sum(len(file.keys) for file in files)
        draw = drawing(drawn, total, number)
        uploaded = upload(at, deployed.source_bucket, files, draw)
        how = f"{uploaded:,} uploaded" if uploaded else "all there already"
        drawn.end(f"{number:,} real files, {megabytes(total)}: {how}")
    return files


def are_wanted(target: Target, deployed: Outputs) -> bool:
    """Whether the source bucket has no files yet."""
    at = target.at(deployed.endpoint_url) if deployed.endpoint_url else target
    s3 = at.session().client("s3")
    return not s3.list_objects_v2(Bucket=deployed.source_bucket, MaxKeys=1).get("KeyCount")


def drawing(drawn: Bar, total_bytes: int, total_files: int) -> Callable[[int, int], None]:
    """Returns a function that draws how many bytes and files are done."""

    def draw(size: int, count: int) -> None:
        text = f"{count}/{total_files} files  {size / 1e6:.0f}/{total_bytes / 1e6:.0f} MB"
        drawn.show(size, total_bytes, text)

    return draw
