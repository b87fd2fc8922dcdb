"""Those whom the stack of a run tells: its bus, SES, and the receivers of its webhooks."""

import re
from random import Random
from typing import Any, Final

from chalicelib.jobs.places import JOB_ID
from chalicelib.queue.messages import Step
from chalicelib.secret_keys import SecretKeys
from chalicelib.settings import Settings
from tests.faults.announced import Announced
from tests.faults.announced_kept import LIFE
from tests.faults.audience import Audience
from tests.faults.bus import Bus
from tests.faults.expressions import Item
from tests.faults.kinds import Faults, Kind
from tests.faults.lambdas import Record
from tests.faults.network import Network
from tests.faults.post import PostOffice
from tests.faults.receivers import Post, Receivers, Secrets
from tests.faults.schedule import Schedule
from tests.faults.sqs import Held
from tests.faults.witness import Witness

_NOTICES_BOUND: Final = LIFE + 3 * 3_600_000
"""A run goes on this much longer while notices are to be sent: their receivers may never mend."""


class Telling:
    """What is told goes to `announced`, which checks it. `items` are those of the table."""

    def __init__(
        self,
        audience: Audience,
        items: dict[str, Item],
        *,
        network: Network,
        faults: Faults,
        schedule: Schedule,
        random: Random,
        witness: Witness,
    ) -> None:
        self._faults = faults
        self._items = items
        self._witness = witness
        self.announced = Announced(
            items,
            witness.last,
            witness.says,
            lambda: schedule.now,
            audience.events,
            audience.includes,
            audience.default,
        )
        self._bus = Bus(
            network, self.announced.heard, lambda: bool(faults.strikes(Kind.EVENT_REFUSED))
        )
        self._post_office = PostOffice(network, self.announced.mailed)
        self._receivers = Receivers(
            network,
            audience,
            random,
            came=self._came,
            healed=lambda: faults.healed,
            now=lambda: schedule.now,
            sleep=schedule.sleep,
        )
        self._secrets: Any = network.client("secretsmanager", Secrets())

    def clients(self) -> dict[str, Any]:
        """Returns how the services reach all these, as `services.made` takes it."""
        return {
            "events": lambda: self._bus,
            "mail": lambda: self._post_office,
            "outbound": self._receivers,
        }

    def keys(self, settings: Settings) -> SecretKeys:
        """Returns the keys that sign webhooks."""
        return SecretKeys(settings.webhook_secret, lambda: self._secrets, of="webhooks")

    def more(self) -> int:
        """Returns how many ms longer a run may go on, because notices are still to be sent."""
        return _NOTICES_BOUND if any("announceAt" in one for one in self._items.values()) else 0

    def names_untold(self, body: str) -> bool:
        """Whether the message is about a job of which something is untold."""
        job_id = re.search(JOB_ID.pattern, body)
        item = self._items.get(job_id[0]) if job_id else None
        return item is not None and "announceAt" in item

    def taken(self, record: Record, held: Held | None) -> None:
        """If the message about something untold is acknowledged, only the sweeper can tell it. What
        has happened since it was received has a message of its own. `held` is the message in the
        queue."""
        job_id = re.search(JOB_ID.pattern, record["body"])
        if job_id is None or held is None or f'"{Step.ANNOUNCE}"' not in record["body"]:
            return
        since = self.announced.untold_since(job_id[0])
        if since is not None and since < held.received_at:
            self._witness.says(f"{job_id[0]}: untold, and its message was acknowledged")

    def _came(self, post: Post) -> None:
        self._faults.counts[Kind.NOT_TAKEN] += not post.is_taken
        self.announced.came(post)
