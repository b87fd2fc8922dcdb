"""How long S3 keeps what a job leaves in the archive bucket. Pure.

It follows from the parameter ArchiveTtlDays. CloudFormation cannot add, but it can pick from a
list.
"""

from typing import Any, Final

from chalicelib.jobs.items import RECORD_GRACE_DAYS

Json = dict[str, Any]

BUCKET: Final = "ArchiveBucket"
PARAMETER: Final = "ArchiveTtlDays"
DAYS_MAX: Final = 3650
"""The most days that an archive can be kept."""

# S3 counts from when an archive's upload was opened, which is some time before the archive was
# there. Hence one more day.
_ARCHIVES: Final = 1

LATER: Final = {"expire-archives": _ARCHIVES, "expire-requests": _ARCHIVES + RECORD_GRACE_DAYS}
"""How many days more than an archive is kept, by the id of the bucket's rule."""


def follow(template: Json) -> None:
    """Has the rules of the archive bucket follow the parameter, if the template has the bucket."""
    bucket = template["Resources"].get(BUCKET)
    if bucket is None:
        return
    for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]:
        if rule["Id"] in LATER:
            rule["ExpirationInDays"] = after(LATER[rule["Id"]])


def after(days: int) -> Json:
    """Returns so many days more than an archive is kept, as a value of the template."""
    # The first of the list is picked by 0.
    later = ",".join(str(kept + days) for kept in range(DAYS_MAX + 1))
    return {"Fn::Select": [{"Ref": PARAMETER}, {"Fn::Split": [",", later]}]}
