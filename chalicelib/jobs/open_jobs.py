"""How many jobs of a user are open.

There is no counter, which a crash could leave wrong: a sparse index has the open jobs by user, and
follows their records. It lags behind them, a moment as a rule: so many requests at the same time
may all be let in, where there was room for one.
"""

from typing import Final

from chalicelib.aws import translated
from chalicelib.jobs import items
from chalicelib.jobs.model import user_mark
from chalicelib.jobs.store import OPEN_USER, JobStore

INDEX: Final = "openOfUser"


def count(jobs: JobStore, user_id: str, most: int) -> int:
    """The user's open jobs, up to so many."""
    with translated("count the open jobs"):
        answer = jobs.client.query(
            TableName=jobs.table,
            IndexName=INDEX,
            KeyConditionExpression=f"{OPEN_USER} = :user",
            ExpressionAttributeValues={":user": items.attribute(user_mark(user_id))},
            Select="COUNT",
            Limit=most,
        )
    return answer["Count"]
